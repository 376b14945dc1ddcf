-- wrk: one trigger after the other with the token of the environment. Each thread writes the run that every
-- 202 named into a file of its own in the folder ACCEPTED; what is not 202 is counted.
wrk.method = "POST"
wrk.body = "{}"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")

local threads = {}
function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end
function init()
  accepted, others = 0, 0
  file = assert(io.open(os.getenv("ACCEPTED") .. "/thread-" .. number, "w"))
  file:setvbuf("line")
end
function response(status, headers)
  if status ~= 202 then
    others = others + 1
    return
  end
  accepted = accepted + 1
  file:write(headers["X-Run-Id"] or "none", "\n")
end
function done(summary, latency)
  local accepted, others = 0, 0
  for _, thread in ipairs(threads) do
    accepted = accepted + thread:get("accepted")
    others = others + thread:get("others")
  end
  local seconds = summary.duration / 1e6
  io.write(string.format("figure accepted a second\t%.0f\n", accepted / seconds))
  io.write(string.format("figure other answers\t%d\n", others))
  io.write(string.format("figure answer, p50 ms\t%.2f\n", latency:percentile(50) / 1e3))
  io.write(string.format("figure answer, p99 ms\t%.2f\n", latency:percentile(99) / 1e3))
end
