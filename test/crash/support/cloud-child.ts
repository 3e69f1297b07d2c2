/**
 * The fleet manager's way of a reading as a process of its own, to be killed: `cloud-child.ts DATA_DIR`. It judges by a
 * simple rule, so that every finding can be told beforehand: each tenth row is an event, each fiftieth a change of state.
 * Prints the broker's port and its own process id; writes each state that the orders were told of into `told.log`.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseConfig } from '@minewarden/cloud/config.ts'
import type { SiteDetector } from '@minewarden/cloud/core/detection/site-detector.ts'
import { createLive } from '@minewarden/cloud/core/live.ts'
import { createIntake } from '@minewarden/cloud/intake.ts'
import { AedesBroker } from '@minewarden/cloud/shell/broker-aedes.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { createEmbeddedTransport } from '@minewarden/cloud/shell/host-transport-embedded.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { accountsOf, HOST } from '../../support/ingest-chain.ts'
import { GATEWAY, siteConfig } from './cloud-config.ts'

const createDetector = (site: Site, _parameters: unknown, snapshot?: unknown): SiteDetector => {
  const seen = (snapshot as { rows: number } | undefined) ?? { rows: 0 }
  const judge = ({ kind, fields, sensor, measuredAt }: Reading): Finding[] => {
    const number = kind === 'power' ? (fields.activePowerW ?? 0) : 0
    seen.rows++
    if (number === 0 || number % 10 !== 0 || sensor === null) return []
    const common = { site: site.id, at: measuredAt, probability: 1, because: [], late: false }
    if (number % 50 === 0)
      return [{ kind: 'state', ...common, at: number, state: 'watch', independentKinds: [String(seen.rows)] }]
    const unknown = { peakVelocityMmPerS: null, dominantFrequencyHz: null }
    return [{ kind: 'event', ...common, ...unknown, at: number, sensor, onset: number, class: 'other', durationS: 1 }]
  }
  return { observe: (_, reading) => judge(reading), advanceTo: () => [], snapshot: () => seen }
}

const [dataDir = ''] = process.argv.slice(2)
const broker = new AedesBroker(
  { host: '127.0.0.1', port: 0, tls: null, accounts: accountsOf([GATEWAY]) },
  { logger: silentLogger },
)
const transport = createEmbeddedTransport(broker, { hostId: HOST, clock: systemClock })
const intake = createIntake({
  audit: async () => {},
  config: parseConfig(siteConfig(dataDir)),
  transport,
  live: createLive(silentLogger),
  clock: systemClock,
  logger: silentLogger,
  createDetector,
})
await intake.start({
  onAfterCut: async () => {},
  async onState(finding) {
    appendFileSync(join(dataDir, 'told.log'), `${finding.at}\n`)
  },
  onReading() {},
})
process.on('SIGTERM', async () => {
  await intake[Symbol.asyncDispose]()
  process.exit(0)
})
console.log(JSON.stringify({ port: transport.port, pid: process.pid }))
