-- wrk: one trigger after the other with the token of the environment; counts what is not 202.
wrk.method = "POST"
wrk.body = "{}"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() accepted, others = 0, 0 end
function response(status)
  if status == 202 then accepted = accepted + 1 else others = others + 1 end
end
function done(summary)
  local accepted, others = 0, 0
  for _, thread in ipairs(threads) do
    accepted = accepted + thread:get("accepted")
    others = others + thread:get("others")
  end
  local seconds = summary.duration / 1e6
  io.write(string.format("accepted %d in %.1f s: %.0f a second; other answers %d\n",
    accepted, seconds, accepted / seconds, others))
end
