package import Ingest

extension IndexedRecord: FilterSubject {
  package func value(of field: RecordField) -> FilterValue {
    switch field {
    case .v: return .integer(1)
    case .index: return .integer(index)
    case .kind: return .text(record.kind.rawValue)
    case .ts: return .instant(record.header.timestamp)
    case .source: return .text(record.header.source)
    case .id: return .text(record.header.id)
    case .imported: return record.header.isImported ? .flag(true) : .absent
    case .receivedAt: return FilterValue(record.header.receivedAt)
    case .oversizeBytes: return FilterValue(record.header.oversizeByteCount)
    case .oversizeSHA256: return FilterValue(record.header.oversizeSHA256)
    case .originalHMAC: return FilterValue(record.header.originalHMAC)
    default: break
    }
    switch record.body {
    case .request(let body): return body.value(of: field)
    case .decision(let body): return body.value(of: field)
    case .run(let body): return body.value(of: field)
    case .task(let body): return body.value(of: field)
    case .approval(let body): return body.value(of: field)
    case .alert(let body): return body.value(of: field)
    case .control(let body): return body.value(of: field)
    }
  }
}

extension RequestRecord {
  fileprivate func value(of field: RecordField) -> FilterValue {
    switch field {
    case .requestID: FilterValue(requestID)
    case .traceID: FilterValue(traceID)
    case .principal: FilterValue(principal)
    case .principalType: FilterValue(principalType?.rawValue)
    case .issuer: FilterValue(issuer)
    case .groups: FilterValue(groups)
    case .zone: FilterValue(zone)
    case .remoteIP: FilterValue(remoteIP)
    case .remotePort: FilterValue(remotePort)
    case .userAgent: FilterValue(userAgent)
    case .method: FilterValue(method)
    case .host: FilterValue(host)
    case .path: FilterValue(path)
    case .queryKeys: FilterValue(queryKeys)
    case .status: FilterValue(status)
    case .durationSeconds: FilterValue(durationSeconds)
    case .bytesIn: FilterValue(bytesIn)
    case .bytesOut: FilterValue(bytesOut)
    case .job: FilterValue(job)
    case .runID: FilterValue(runID)
    case .tlsVersion: FilterValue(tlsVersion)
    case .tlsCipher: FilterValue(tlsCipher)
    default: .absent
    }
  }
}

extension DecisionRecord {
  fileprivate func value(of field: RecordField) -> FilterValue {
    switch field {
    case .requestID: FilterValue(requestID)
    case .principal: FilterValue(principal)
    case .principalType: FilterValue(principalType?.rawValue)
    case .issuer: FilterValue(issuer)
    case .groups: FilterValue(groups)
    case .action: FilterValue(action)
    case .job: FilterValue(job)
    case .effect: .text(effect.rawValue)
    case .rule: FilterValue(rule)
    case .reason: FilterValue(reason)
    case .policySHA256: FilterValue(policySHA256)
    case .credential: FilterValue(credential?.rawValue)
    case .credentialID: FilterValue(credentialID)
    default: .absent
    }
  }
}

extension RunRecord {
  fileprivate func value(of field: RecordField) -> FilterValue {
    switch field {
    case .runID: FilterValue(runID)
    case .requestID: FilterValue(requestID)
    case .traceID: FilterValue(traceID)
    case .job: FilterValue(job)
    case .event: .text(event.rawValue)
    case .vantage: vantage == .inside ? .text(vantage.rawValue) : .absent
    case .trigger: FilterValue(trigger?.rawValue)
    case .principal: FilterValue(principal)
    case .groups: FilterValue(groups)
    case .owner: FilterValue(owner)
    case .attempt: FilterValue(attempt)
    case .host: FilterValue(host)
    case .pid: FilterValue(pid)
    case .params: FilterValue(json: parameters)
    case .durationSeconds: FilterValue(durationSeconds)
    case .cpuSeconds: FilterValue(cpuSeconds)
    case .maxRSSBytes: FilterValue(maxRSSBytes)
    case .readBytes: FilterValue(readBytes)
    case .writeBytes: FilterValue(writeBytes)
    case .exitCode: FilterValue(exitCode)
    case .signal: FilterValue(signal)
    case .errorType: FilterValue(error?.type)
    case .errorMessage: FilterValue(error?.message)
    default: .absent
    }
  }
}

extension TaskRecord {
  fileprivate func value(of field: RecordField) -> FilterValue {
    switch field {
    case .runID: FilterValue(runID)
    case .taskID: FilterValue(taskID)
    case .task: FilterValue(task)
    case .event: .text(event.rawValue)
    case .attempt: FilterValue(attempt)
    case .dependsOn: FilterValue(dependsOn)
    case .params: FilterValue(json: parameters)
    case .owner: FilterValue(owner)
    case .durationSeconds: FilterValue(durationSeconds)
    case .errorType: FilterValue(error?.type)
    case .errorMessage: FilterValue(error?.message)
    default: .absent
    }
  }
}

extension ApprovalRecord {
  fileprivate func value(of field: RecordField) -> FilterValue {
    switch field {
    case .approvalID: FilterValue(approvalID)
    case .subject: .text(subject.rawValue)
    case .subjectID: FilterValue(subjectID)
    case .event: .text(event.rawValue)
    case .principal: FilterValue(principal)
    case .reason: FilterValue(reason)
    case .expiresAt: FilterValue(expiresAt)
    default: .absent
    }
  }
}

extension AlertRecord {
  fileprivate func value(of field: RecordField) -> FilterValue {
    switch field {
    case .findingID: FilterValue(findingID)
    case .event: .text(event.rawValue)
    case .finding: FilterValue(json: finding)
    case .owner: FilterValue(owner)
    case .sink: FilterValue(sink)
    case .notification: FilterValue(notification)
    case .notificationEvent: FilterValue(notificationEvent?.rawValue)
    case .group: FilterValue(group)
    case .findings: FilterValue(findings)
    case .attempt: FilterValue(attempt)
    case .suppressionID: FilterValue(suppressionID)
    case .match: FilterValue(json: match?.encoded())
    case .expiresAt: FilterValue(expiresAt)
    case .principal: FilterValue(principal)
    case .reason: FilterValue(reason)
    default: .absent
    }
  }
}

extension ControlRecord {
  fileprivate func value(of field: RecordField) -> FilterValue {
    switch field {
    case .event: .text(event.rawValue)
    case .principal: FilterValue(principal)
    case .subject: FilterValue(subject)
    case .reason: FilterValue(reason)
    case .counts: counts.isEmpty ? .absent : .json(countsJSON)
    case .sha256: FilterValue(sha256)
    case .remoteIP: FilterValue(remoteIP)
    case .remotePort: FilterValue(remotePort)
    case .path: FilterValue(path)
    case .status: FilterValue(status)
    case .timestampMin: FilterValue(span?.timestamps.lowerBound)
    case .timestampMax: FilterValue(span?.timestamps.upperBound)
    case .receivedAtMin: FilterValue(span?.received.lowerBound)
    case .receivedAtMax: FilterValue(span?.received.upperBound)
    default: .absent
    }
  }

  private var countsJSON: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    for count in counts { writer.field(named: count.name, count.value) }
    writer.endObject()
    return writer.bytes
  }
}
