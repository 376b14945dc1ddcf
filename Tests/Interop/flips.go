package main

import (
	"fmt"
	"os"
	"sort"
)

// flips flips every bit of every file of a published log, one after the other, and expects every
// one to be refused.
func flips(f files, k *keys) {
	if _, err := checkLog(f, k, 0); err != nil {
		fail("before any flip: %v", err)
	}
	var paths []string
	for path := range f {
		paths = append(paths, path)
	}
	sort.Strings(paths)
	tried, missed := 0, 0
	for _, path := range paths {
		data := f[path]
		for i := range data {
			for bit := 0; bit < 8; bit++ {
				data[i] ^= 1 << bit
				tried++
				if _, err := checkLog(f, k, 0); err == nil {
					missed++
					fmt.Printf("not refused: %s byte %d bit %d\n", path, i, bit)
				}
				data[i] ^= 1 << bit
			}
		}
	}
	fmt.Printf("flips: %d tried in %d files, %d not refused\n", tried, len(paths), missed)
	if missed > 0 {
		os.Exit(1)
	}
}
