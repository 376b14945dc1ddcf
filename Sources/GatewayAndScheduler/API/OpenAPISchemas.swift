internal import Ingest

/// The schemas of bodies, JSON Schema 2020-12 as OpenAPI 3.1 takes it.
///
/// Answers list every key that `APIViews` can write; more may come with a later version.
enum OpenAPISchemas {
  /// The states that a run is shown in.
  static let states = RunRecord.Event.allCases.filter { $0 != .progress && $0 != .ended }

  static let stateReference = ##"{"$ref":"#/components/schemas/RunState"}"##

  /// Name and text, in the document's order.
  static let all: [(name: String, json: String)] = [
    ("TriggerBody", triggerBody), ("KillBody", killBody), ("Verdict", verdict),
    ("RunState", runState), ("Run", run), ("RunList", runList), ("Job", job),
    ("JobList", jobList), ("Approval", approval), ("ApprovalList", approvalList),
    ("Health", health), ("Description", #"{"type":"object"}"#), ("Problem", problem),
  ]

  private static let runState: String = {
    let words = states.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
    return "{\"type\":\"string\",\"enum\":[\(words)]}"
  }()

  private static let triggerBody = """
    {"type":"object","additionalProperties":false,"properties":{
      "params":{"type":"object","description":"Fits the job's params_schema."}}}
    """

  private static let killBody = """
    {"type":"object","additionalProperties":false,"properties":{
      "reason":{"type":"string","maxLength":500}}}
    """

  private static let verdict = """
    {"type":"object","additionalProperties":false,"required":["verdict"],"properties":{
      "verdict":{"type":"string","enum":["give","refuse"]},
      "reason":{"type":"string","maxLength":500}}}
    """

  private static let run = """
    {"type":"object",
     "required":["run_id","job","state","trigger","attempt","queued_at"],
     "properties":{
      "run_id":{"type":"string"},"job":{"type":"string"},
      "state":{"$ref":"#/components/schemas/RunState"},
      "principal":{"type":"string","description":"Who asked; absent for the schedule's own."},
      "owner":{"type":"string"},
      "trigger":{"type":"string","enum":["request","schedule","retry","manual"]},
      "request_id":{"type":"string","description":"Of the request that asked."},
      "attempt":{"type":"integer","minimum":1},
      "approval_id":{"type":"string","description":"Of the approval that it waits or waited for."},
      "queued_at":{"type":"string","format":"date-time"},
      "started_at":{"type":"string","format":"date-time"},
      "ended_at":{"type":"string","format":"date-time"},
      "exit_code":{"type":"integer"},"signal":{"type":"integer"},
      "reason":{"type":"string","description":"Why it failed, was refused or lost."},
      "params":{"type":"object","description":"As given, redacted."}}}
    """

  private static let runList = """
    {"type":"object","required":["runs"],"properties":{
      "runs":{"type":"array","items":{"$ref":"#/components/schemas/Run"}},
      "next":{"type":"string","description":"Path of the next page; absent on the last."}}}
    """

  private static let job = """
    {"type":"object","required":["job","kind","open_runs"],"properties":{
      "job":{"type":"string"},"kind":{"type":"string"},"owner":{"type":"string"},
      "summary":{"type":"string"},
      "params_schema":{"type":"object","description":"JSON Schema of the parameters."},
      "schedule":{"type":"string"},
      "next_run_at":{"type":"string","format":"date-time"},
      "needs":{"type":"array","items":{"type":"string"}},
      "open_runs":{"type":"integer","minimum":0}}}
    """

  private static let jobList = """
    {"type":"object","required":["jobs"],"properties":{
      "jobs":{"type":"array","items":{"$ref":"#/components/schemas/Job"}}}}
    """

  private static let approval = """
    {"type":"object",
     "required":["approval_id","purpose","requested_at","expires_at","run"],
     "properties":{
      "approval_id":{"type":"string"},
      "purpose":{"type":"string","enum":["start","kill"]},
      "asked_by":{"type":"string","description":"Who cannot give it."},
      "reason":{"type":"string"},
      "requested_at":{"type":"string","format":"date-time"},
      "expires_at":{"type":"string","format":"date-time"},
      "run":{"$ref":"#/components/schemas/Run"}}}
    """

  private static let approvalList = """
    {"type":"object","required":["approvals"],"properties":{
      "approvals":{"type":"array","items":{"$ref":"#/components/schemas/Approval"}}}}
    """

  private static let health = """
    {"type":"object","required":["status"],"properties":{"status":{"type":"string","const":"ok"}}}
    """

  private static let problem = """
    {"type":"object","description":"RFC 9457.","required":["type","title","status","detail"],
     "properties":{
      "type":{"type":"string","const":"about:blank"},"title":{"type":"string"},
      "status":{"type":"integer","minimum":400,"maximum":599},"detail":{"type":"string"},
      "reasons":{"type":"array","items":{"type":"string"}},
      "rule":{"type":"string","description":"The rule of the policy that said no."},
      "run_id":{"type":"string","description":"The run that stands in the way."},
      "request_id":{"type":"string"}}}
    """
}
