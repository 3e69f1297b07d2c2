/** What can be wrong with a server; each lasts until it is taken back. Changed while it runs. */
export interface SeedLinkFaults {
  /** New connections are closed at once. */
  refuseConnections: boolean
  /** Nothing is answered and nothing sent; connections stay open. */
  hang: boolean
  /** Stations (`AM.R1234`) that `STATION` is answered with ERROR for. */
  refuseStations: ReadonlySet<string>
  /** Stations whose new packets are taken in but not sent out. */
  silentStations: ReadonlySet<string>
  /** `SELECT` is answered with ERROR. */
  refuseSelect: boolean
  /** `DATA` with a number is answered with ERROR. */
  refuseSequence: boolean
  /** `INFO` is answered with an error record. */
  refuseInfo: boolean
  /** Each packet has this chance that one of its bytes is changed. */
  garbleChance: number
  /** Each packet has this chance that only a part of it is sent. */
  halfChance: number
  /** Each packet has this chance that bytes which are none come before it. */
  noiseChance: number
  /** In place of packets, bytes without end. */
  endlessNoise: boolean
}

export const noFaults = (): SeedLinkFaults => ({
  refuseConnections: false,
  hang: false,
  refuseStations: new Set(),
  silentStations: new Set(),
  refuseSelect: false,
  refuseSequence: false,
  refuseInfo: false,
  garbleChance: 0,
  halfChance: 0,
  noiseChance: 0,
  endlessNoise: false,
})
