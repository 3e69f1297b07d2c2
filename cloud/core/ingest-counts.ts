/** What the ingest could not use, by why: for health, logs and tests. Every refusal is counted somewhere here. */
export interface IngestCounts {
  messages: number
  rows: number
  duplicates: number
  /** Would have opened one range too many; sent again later. */
  postponed: number
  /** Dropped because too much waits for the journal; sent again later. */
  overflow: number
  /** Quarantined and acknowledged as rejected. */
  rejected: number
  /** Not even the sequence could be read. */
  undecodable: number
  unknownGateway: number
  badTopic: number
  ignored: number
  rebirthRequests: number
  commits: number
  failedCommits: number
}

export const emptyCounts = (): IngestCounts => ({
  messages: 0,
  rows: 0,
  duplicates: 0,
  postponed: 0,
  overflow: 0,
  rejected: 0,
  undecodable: 0,
  unknownGateway: 0,
  badTopic: 0,
  ignored: 0,
  rebirthRequests: 0,
  commits: 0,
  failedCommits: 0,
})
