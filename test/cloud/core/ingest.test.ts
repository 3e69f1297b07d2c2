import { randomUUID } from 'node:crypto'
import { Ingest } from '@minewarden/cloud/core/ingest.ts'
import type { Journal, JournalBatch } from '@minewarden/cloud/core/journal-port.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import type { GatewayId } from '@minewarden/protocol/ids.ts'
import { encodeRow } from '@minewarden/protocol/row.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { Acknowledgement, SPOOL_METRICS } from '@minewarden/protocol/spool.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { deviceTopic, nodeTopic } from '@minewarden/protocol/topics.ts'
import { beforeEach, describe, expect, test } from 'vitest'
import { METER, powerReading } from '../../support/fake-gateway.ts'
import { fakeGateway, GROUP } from '../../support/ingest-chain.ts'

const GATEWAY = 'gw-1' as GatewayId
const T0 = 1_700_000_000_000
const at = (ms: number): Instant => instant(T0 + ms)

let refuses: boolean
let freeDiskBytes: number
let lagRows: number
let committed: JournalRow[]
let said: Acknowledgement[]
let rebirths: number
let ingest: Ingest
let messages: { topic: string; payload: Uint8Array }[]

beforeEach(() => {
  refuses = false
  freeDiskBytes = 1e12
  lagRows = 0
  committed = []
  said = []
  rebirths = 0
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
        if (metric?.name === SPOOL_METRICS.acknowledged)
          said.push(Acknowledgement.parse(JSON.parse(String(metric.value))))
        else rebirths++
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
