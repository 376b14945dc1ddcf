// simdjson by hand: two threads over mapped files, On-Demand, nothing kept but what the answer needs.
// What a patient programmer gets out of the machine for this one question. On-Demand checks UTF-8 and
// brackets, but not the values that it passes over.
//
//   simdjson_peer DIRECTORY ANSWER [THREADS]
#include <fcntl.h>
#include <simdjson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

using namespace simdjson;
using std::string_view;

struct Map {
  const char *bytes;
  size_t count;
};

// With readable bytes behind the end, which simdjson wants.
static Map map_file(const std::string &path) {
  int file = open(path.c_str(), O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) {
    perror(path.c_str());
    exit(2);
  }
  size_t count = status.st_size, whole = (count + 4095) & ~size_t(4095);
  char *bytes = (char *)mmap(nullptr, whole + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap(bytes, count, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
  madvise(bytes, count, MADV_SEQUENTIAL);
  close(file);
  return {bytes, count};
}

struct Trigger {
  string_view id, principal;
  int hour;
};

struct Run {
  string_view id, request, job;
  double seconds;
};

// Ids and names of the corpus have no escapes.
static inline string_view plain(ondemand::value value) {
  string_view token = value.raw_json_token();
  return token.substr(1, token.find('"', 1) - 1);
}

static bool is_route(string_view uri) {
  if (uri.size() < 12 || uri.substr(0, 6) != "/jobs/") return false;
  size_t slash = uri.find('/', 6);
  return slash != string_view::npos && slash > 6 && uri.substr(slash) == "/runs";
}

static void read_gateway(ondemand::object line, std::vector<Trigger> &triggers) {
  double ts = double(line.find_field("ts"));
  ondemand::object request = line.find_field("request").get_object();
  bool is_post = plain(request.find_field("method")) == "POST";
  string_view uri = plain(request.find_field("uri"));
  string_view principal = plain(line.find_field("user_id"));
  int64_t status = int64_t(line.find_field("status"));
  if (!is_post || status < 200 || status > 299 || !is_route(uri)) return;
  ondemand::object headers = line.find_field("resp_headers").get_object();
  for (auto id : headers.find_field("X-Request-Id").get_array()) {
    triggers.push_back({plain(id.value()), principal, int((int64_t(ts) / 3600 + 72) % 168)});
    break;
  }
}

static void read_run(ondemand::object line, std::vector<Run> &runs, std::vector<Run> &finished) {
  if (plain(line.find_field("schema")).substr(0, 14) != "trigger-event/") return;
  string_view event = plain(line.find_field("event"));
  bool is_exit = event == "run.exited";
  if (!is_exit && event != "run.requested") return;
  Run run{plain(line.find_field("run_id")), plain(line.find_field_unordered("request_id")),
          plain(line.find_field_unordered("job")), 0};
  if (!is_exit) {
    runs.push_back(run);
  } else if ((run.seconds = double(line.find_field_unordered("seconds"))) > 0) {
    finished.push_back(run);
  }
}

template <class Body> static void for_each_line(Map map, size_t start, size_t end, Body body) {
  ondemand::parser parser;
  ondemand::document_stream lines;
  if (parser.iterate_many((const uint8_t *)map.bytes + start, end - start, 1 << 20).get(lines)) exit(2);
  for (auto line : lines) body(line.get_object());
}

static std::vector<size_t> cuts(Map map, int count) {
  std::vector<size_t> result{0};
  for (int i = 1; i < count; i++) {
    size_t middle = map.count / count * i;
    result.push_back((const char *)memchr(map.bytes + middle, '\n', map.count - middle) - map.bytes + 1);
  }
  result.push_back(map.count);
  return result;
}

static double median(std::vector<double> values) {
  size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  if (values.size() % 2) return values[half];
  return (values[half] + *std::max_element(values.begin(), values.begin() + half)) / 2;
}

int main(int count, char **words) {
  if (count < 3) return 2;
  std::string directory = words[1];
  int threads = count > 3 ? atoi(words[3]) : 2;
  Map gateway = map_file(directory + "/gateway.jsonl"), runs = map_file(directory + "/runs.jsonl");
  std::vector<std::vector<Trigger>> trigger_parts(threads);
  std::vector<std::vector<Run>> run_parts(threads), finished_parts(threads);
  std::vector<size_t> line_counts(threads);
  auto gateway_cuts = cuts(gateway, threads), run_cuts = cuts(runs, threads);
  auto work = [&](int part) {
    for_each_line(gateway, gateway_cuts[part], gateway_cuts[part + 1], [&](ondemand::object line) {
      line_counts[part]++;
      read_gateway(line, trigger_parts[part]);
    });
    for_each_line(runs, run_cuts[part], run_cuts[part + 1],
                  [&](ondemand::object line) { read_run(line, run_parts[part], finished_parts[part]); });
  };
  std::vector<std::thread> others;
  for (int part = 1; part < threads; part++) others.emplace_back(work, part);
  work(0);
  for (auto &other : others) other.join();

  size_t trigger_count = 0, run_count = 0, line_count = 0, joined = 0, offhours = 0, runaway = 0;
  for (auto &part : trigger_parts) trigger_count += part.size();
  for (auto &part : run_parts) run_count += part.size();
  for (auto part : line_counts) line_count += part;
  std::unordered_map<string_view, const Trigger *> by_id;
  by_id.reserve(trigger_count);
  for (auto &part : trigger_parts)
    for (auto &trigger : part) by_id.emplace(trigger.id, &trigger);
  std::unordered_map<string_view, std::pair<size_t, std::vector<size_t>>> hours;
  std::vector<std::pair<const Trigger *, const Run *>> pairs;
  pairs.reserve(run_count);
  for (auto &part : run_parts)
    for (auto &run : part) {
      auto found = by_id.find(run.request);
      if (found == by_id.end()) continue;
      pairs.push_back({found->second, &run});
      auto &principal = hours[found->second->principal];
      if (principal.second.empty()) principal.second.resize(168);
      principal.first++;
      principal.second[found->second->hour]++;
    }
  joined = pairs.size();
  std::vector<std::string> lines;
  auto add = [&](const char *rule, const Run &run, string_view principal) {
    lines.push_back(std::string(rule) + "\t" + std::string(run.id) + "\t" + std::string(run.job) + "\t" +
                    std::string(principal) + "\n");
  };
  for (auto &pair : pairs) {
    auto &principal = hours[pair.first->principal];
    if (principal.first < 50 || principal.second[pair.first->hour] * 200 >= principal.first) continue;
    offhours++;
    add("offhours", *pair.second, pair.first->principal);
  }
  std::unordered_map<string_view, std::vector<std::pair<double, const Run *>>> jobs;
  for (auto &part : finished_parts)
    for (auto &run : part) jobs[run.job].push_back({std::log(run.seconds), &run});
  for (auto &job : jobs) {
    if (job.second.size() < 8) continue;
    std::vector<double> values;
    for (auto &run : job.second) values.push_back(run.first);
    double middle = median(values);
    for (auto &value : values) value = std::fabs(value - middle);
    double deviation = median(values);
    if (deviation <= 0) continue;
    for (auto &run : job.second) {
      if (0.6745 * (run.first - middle) / deviation <= 6) continue;
      runaway++;
      auto found = by_id.find(run.second->request);
      add("runaway", *run.second, found == by_id.end() ? string_view() : found->second->principal);
    }
  }
  std::sort(lines.begin(), lines.end());
  FILE *answer = fopen(words[2], "w");
  if (!answer) return 2;
  for (auto &line : lines) fwrite(line.data(), 1, line.size(), answer);
  fclose(answer);
  printf(
      "{\"gateway\":%zu,\"triggers\":%zu,\"runs\":%zu,\"joined\":%zu,\"unmatched_requests\":%zu,"
      "\"unmatched_runs\":%zu,\"runaway\":%zu,\"offhours\":%zu}\n",
      line_count, trigger_count, run_count, joined, trigger_count - joined, run_count - joined, runaway, offhours);
}
