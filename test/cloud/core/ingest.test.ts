import { randomUUID } from 'node:crypto'
import { Ingest } from '@minewarden/cloud/core/ingest.ts'
import type { Journal, JournalBatch } from '@minewarden/cloud/core/journal-port.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import { encodeRow } from '@minewarden/protocol/row.ts'
import { REBIRTH_METRIC } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { Acknowledgement, SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { deviceTopic, nodeTopic } from '@minewarden/protocol/topics.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { METER, powerReading } from '../../support/fake-gateway.ts'
import { fakeGateway, GROUP } from '../../support/ingest-chain.ts'

const GATEWAY = 'gw-1' as GatewayId
const T0 = 1_700_000_000_000
const at = (ms: number): Instant => instant(T0 + ms)

/** As `declareGateway` numbers it. */
const ACKNOWLEDGED = fakeGateway(GATEWAY).layouts.node.declared.find(
  ({ name }) => name === SPOOL_METRICS.acknowledged,
)?.alias

let refuses: boolean
let freeDiskBytes: number
let lagRows: number
let committed: JournalRow[]
let said: Acknowledgement[]
let rebirths: number
let others: unknown[]
let ingest: Ingest
let messages: { topic: string; payload: Uint8Array }[]

beforeEach(() => {
  refuses = false
  freeDiskBytes = 1e12
  lagRows = 0
  committed = []
  said = []
  rebirths = 0
  others = []
  const journal = {
    commit({ entries }: JournalBatch) {
      if (refuses) throw new Error('disk full')
      return entries.map((entry, i) => ({ ...entry, offset: committed.length + i + 1 }))
    },
    epochsOf: () => [],
    freeDiskBytes: () => freeDiskBytes,
  } as unknown as Journal
  ingest = new Ingest(
    {
      journal,
      send(_, payload) {
        const [metric] = decodePayload(payload).metrics
        if (metric && metric.alias === ACKNOWLEDGED && metric.name === undefined && metric.datatype === undefined)
          said.push(Acknowledgement.parse(JSON.parse(String(metric.value))))
        else if (metric?.name === REBIRTH_METRIC && metric.datatype === undefined) rebirths++
        else others.push(metric)
      },
      onRows: (rows) => void committed.push(...rows),
      onPresence() {},
      onBirth() {},
      consumerLagRows: () => lagRows,
      logger: silentLogger,
    },
    { gateways: [{ id: GATEWAY, group: GROUP }] },
  )
  // The births as a gateway sends them, caught on their way.
  const gateway = fakeGateway(GATEWAY, randomUUID())
  messages = []
  gateway.send = (topic, payload) => void messages.push({ topic, payload })
  void gateway.birth()
})

const DATA = { timestamp: T0, seq: 3, metrics: [] }
/** An NBIRTH with another epoch, and one more metric if it is named. */
function otherBirth(epoch: string, extra?: string): { topic: string; payload: Uint8Array } {
  const gateway = fakeGateway(GATEWAY, epoch)
  const sent: { topic: string; payload: Uint8Array }[] = []
  gateway.send = (topic, payload) => void sent.push({ topic, payload })
  void gateway.birth()
  const [{ topic, payload }] = sent as [{ topic: string; payload: Uint8Array }]
  const { metrics, ...envelope } = decodePayload(payload)
  const more = extra === undefined ? [] : [{ name: extra, alias: 9_999, datatype: 12, value: 'x' }]
  return { topic, payload: encodePayload({ ...envelope, metrics: [...metrics, ...more] }) }
}

const { meter } = fakeGateway(GATEWAY).layouts
const born = (ms = 0) => {
  for (const { topic, payload } of messages) ingest.receive(topic, payload, at(ms))
  ingest.flush(at(ms))
}
let seq = 2
const row = (sequence: number, ms: number) => {
  const envelope = { sentAt: Date.now(), seq: seq++ % 256 }
  const payload = encodeRow(meter, { sequence, historical: false, reading: powerReading(sequence) }, envelope)
  ingest.receive(deviceTopic('DDATA', GROUP, GATEWAY, METER), payload, at(ms))
}

describe('the ingest', () => {
  beforeEach(() => {
    seq = 3
    born()
  })

  test('acknowledges nothing before the commit, and everything after it', () => {
    expect(said.at(-1)?.ranges).toEqual([])
    row(1, 2_000)
    ingest.tick(at(2_000))
    expect(said).toHaveLength(1)
    ingest.flush(at(2_001))
    expect(said.at(-1)?.ranges).toEqual([[1, 1]])
    expect(committed).toHaveLength(1)
  })

  test('keeps nothing of a commit that failed, shuts the windows, and takes the rows when they come again', () => {
    refuses = true
    row(1, 2_000)
    ingest.flush(at(2_000))
    expect(ingest.counts).toMatchObject({ failedCommits: 1, rows: 0 })
    refuses = false
    row(1, 2_500)
    ingest.flush(at(2_500))
    expect(said.at(-1)).toMatchObject({ ranges: [[1, 1]] })
    expect(said.at(-1)?.window).toBeGreaterThan(0)
    expect(committed).toHaveLength(1)
  })

  test('opens a shut window again by itself, or a stopped gateway would wait for ever', () => {
    refuses = true
    row(1, 2_000)
    ingest.flush(at(2_000))
    ingest.tick(at(3_000))
    const shut = said.length
    ingest.tick(at(7_100))
    expect(said.slice(shut)).toEqual([])
    freeDiskBytes = 0
    row(2, 8_000)
    refuses = false
    ingest.flush(at(8_000))
    expect(said.at(-1)?.window).toBe(0)
    freeDiskBytes = 1e12
    ingest.tick(at(8_500))
    expect(said.at(-1)?.window).toBe(0)
    ingest.tick(at(9_000))
    expect(said.at(-1)?.window).toBeGreaterThan(0)
  })

  test('grants less when history or detection is far behind', () => {
    row(1, 2_000)
    ingest.flush(at(2_000))
    const full = said.at(-1)?.window ?? 0
    lagRows = 4_000_000
    row(2, 4_000)
    ingest.flush(at(4_000))
    expect(said.at(-1)?.window).toBeLessThan(full / 2)
  })

  test('speaks of a metric by the alias of its birth, and repeats no datatype', () => {
    ingest.receive(deviceTopic('DDATA', GROUP, GATEWAY, 'no-such-sensor'), encodePayload(DATA), at(100))
    expect(said).toHaveLength(1)
    expect(rebirths).toBe(1)
    expect(others).toEqual([])
  })

  test('a gateway that shows many epochs at once cannot make the commit fail for everybody', () => {
    for (let n = 0; n < 100; n++) {
      const { topic, payload } = otherBirth(randomUUID())
      ingest.receive(topic, payload, at(1_000))
    }
    row(1, 1_001)
    ingest.flush(at(1_002))
    expect(ingest.counts).toMatchObject({ failedCommits: 0, undecodable: 100 - 64 })
  })

  test('a gateway whose births are never the same is refused before they fill the journal', () => {
    for (let n = 0; n < 1_100; n++) {
      const { topic, payload } = otherBirth(randomUUID(), `Extra/${n}`)
      ingest.receive(topic, payload, at(1_000))
      if (n % 50 === 0) ingest.flush(at(1_000))
    }
    ingest.flush(at(1_000))
    // Three layouts were there before: of the gateway and its two sensors.
    expect(ingest.counts.undecodable).toBe(1_100 - (1_024 - 3))
    const { topic, payload } = otherBirth(randomUUID(), 'Extra/tomorrow')
    ingest.receive(topic, payload, at(86_500_000))
    expect(ingest.counts.undecodable).toBe(1_100 - (1_024 - 3))
  })

  test('doubts a gateway of which nothing is heard after the host was away', () => {
    ingest.hostReturned(at(20_000))
    ingest.askForBirths(at(25_000))
    expect(rebirths).toBe(1)
    ingest.tick(at(50_000))
    row(1, 51_000)
    expect(ingest.counts.ignored).toBe(1)
    born(52_000)
    row(1, 52_001)
    ingest.flush(at(52_002))
    expect(committed).toHaveLength(1)
  })

  test('asks nobody that was born when the host starts', () => {
    ingest.askForBirths(at(100))
    expect(rebirths).toBe(0)
  })

  test('passes over what hosts say to gateways and to each other', () => {
    for (const topic of [nodeTopic('NCMD', GROUP, GATEWAY), 'spBv1.0/STATE/county'])
      ingest.receive(topic, new Uint8Array(3), at(1))
    expect(ingest.counts).toMatchObject({ undecodable: 0, badTopic: 0, unknownGateway: 0 })
    ingest.receive('weather/today', new Uint8Array(3), at(1))
    ingest.receive(nodeTopic('NDATA', GROUP, 'gw-9'), new Uint8Array(3), at(1))
    ingest.receive(nodeTopic('NDATA', '110101', GATEWAY), new Uint8Array(3), at(1))
    expect(ingest.counts).toMatchObject({ badTopic: 1, unknownGateway: 2 })
  })
})

test('a host that starts asks those that are silent, and does not repeat itself', () => {
  ingest.askForBirths(at(0))
  ingest.askForBirths(at(1))
  expect(rebirths).toBe(1)
})
