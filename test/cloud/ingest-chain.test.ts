import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType } from '@minewarden/protocol/sparkplug/payload.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { deviceTopic, nodeTopic } from '@minewarden/protocol/topics.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type FakeGateway, METER, powerReading } from '../support/fake-gateway.ts'
import { fakeGateway, GROUP, startIngestChain } from '../support/ingest-chain.ts'

let chain: Awaited<ReturnType<typeof startIngestChain>>
const gateways: FakeGateway[] = []
beforeEach(async () => {
  chain = await startIngestChain(['gw-1', 'gw-2'])
})
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close()
  await chain[Symbol.asyncDispose]()
})

async function connected(id = 'gw-1', epoch = randomUUID() as string): Promise<FakeGateway> {
  const gateway = fakeGateway(id, epoch)
  gateways.push(gateway)
  await gateway.connect(chain.port)
  return gateway
}

async function born(id?: string, epoch?: string): Promise<FakeGateway> {
  const gateway = await connected(id, epoch)
  await gateway.birth()
  return gateway
}

const watts = () => chain.rows.map(({ reading }) => (reading.kind === 'power' ? reading.fields.activePowerW : null))
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
/** Sequence 7 by the alias of the meter, without the rest of a row. */
const halfRow = (gateway: FakeGateway, sequence: number) => {
  const timestamp = Date.now()
  const { alias } = gateway.layouts.meter.sequence
  return encodePayload({ timestamp, metrics: [{ alias, timestamp, value: sequence }], seq: gateway.seq++ % 256 })
}

describe('rows', () => {
  test('are committed and acknowledged, each once and in order', async () => {
    const gateway = await born()
    for (const sequence of upTo(500)) gateway.sendRow(sequence)
    await gateway.untilAcknowledged(500)
    expect(gateway.acknowledged.toArray()).toEqual([[1, 500]])
    expect(watts()).toEqual(upTo(500))
    expect(chain.journal.read(0, 1_000).map(({ offset }) => offset)).toEqual(upTo(500))
  })

  test('that come twice are acknowledged twice and kept once', async () => {
    const gateway = await born()
    gateway.sendRow(1)
    await gateway.untilAcknowledged(1)
    const before = gateway.acknowledgements.length
    gateway.sendRow(1)
    await gateway.until(() => gateway.acknowledgements.length > before)
    expect(watts()).toEqual([1])
    expect(chain.ingest.counts.duplicates).toBe(1)
  })

  test('of a live sensor overtake the backlog, and both are acknowledged as ranges', async () => {
    const gateway = await born()
    gateway.sendRow(900)
    for (const sequence of upTo(5)) gateway.sendRow(sequence, powerReading(sequence), true)
    gateway.sendRow(901)
    await gateway.until(() => gateway.acknowledged.has(901) && gateway.acknowledged.has(5))
    expect(gateway.acknowledged.toArray()).toEqual([
      [1, 5],
      [900, 901],
    ])
    expect(chain.rows.map(({ historical }) => historical)).toEqual([false, true, true, true, true, true, false])
  })

  test('carry the time of measurement to the journal and back', async () => {
    const gateway = await born()
    gateway.sendRow(1, powerReading(5, instant(1_700_000_000_123)))
    await gateway.untilAcknowledged(1)
    expect(chain.journal.lastMeasuredAt('gw-1' as never)).toBe(1_700_000_000_123)
    expect(chain.journal.read(0, 9)[0]?.reading).toEqual(powerReading(5, instant(1_700_000_000_123)))
  })

  test('of a gateway with a new memory card start a new count beside the old one', async () => {
    const first = await born()
    first.sendRow(1, powerReading(11))
    await first.untilAcknowledged(1)
    await first.close()
    const second = await born()
    second.sendRow(1, powerReading(22))
    await second.untilAcknowledged(1)
    expect(watts()).toEqual([11, 22])
  })

  test('below the oldest of a birth are settled without having come', async () => {
    const gateway = await connected()
    gateway.oldest = 100
    await gateway.birth()
    gateway.sendRow(100)
    await gateway.untilAcknowledged(100)
    expect(gateway.acknowledged.toArray()).toEqual([[1, 100]])
  })

  test('that leave more than 64 gaps wait until a gap is closed', async () => {
    const gateway = await born()
    for (let i = 0; i < 70; i++) gateway.sendRow(1 + 2 * i)
    await gateway.untilAcknowledged(127)
    expect(gateway.acknowledged.size).toBe(64)
    expect(chain.ingest.counts.postponed).toBe(6)
    gateway.sendRow(2)
    gateway.sendRow(129)
    await gateway.untilAcknowledged(129)
  })
})

describe('a gateway', () => {
  test('is told at its birth what the host has, before it sends anything', async () => {
    const epoch = randomUUID()
    const gateway = await born('gw-1', epoch)
    gateway.sendRow(1)
    await gateway.untilAcknowledged(1)
    await gateway.close()
    const again = await born('gw-1', epoch)
    await again.untilAcknowledged(1)
    expect(again.acknowledgements[0]?.window).toBeGreaterThan(0)
  })

  test('that sends data before its birth is asked for it, once', async () => {
    const gateway = await connected()
    gateway.obedient = false
    for (const sequence of upTo(20)) gateway.sendRow(sequence)
    await gateway.until(() => gateway.rebirthRequests > 0)
    await sleep(100)
    expect(gateway.rebirthRequests).toBe(1)
    await gateway.birth()
    for (const sequence of upTo(20)) gateway.sendRow(sequence)
    await gateway.untilAcknowledged(20)
    expect(watts()).toEqual(upTo(20))
  })

  test('whose messages come out of order or with holes loses no row by it', async () => {
    const gateway = await born()
    gateway.seq += 3
    gateway.sendRow(1)
    gateway.seq -= 4
    gateway.sendRow(2)
    gateway.seq += 100
    gateway.sendRow(3)
    await gateway.untilAcknowledged(3)
    expect(watts()).toEqual([1, 2, 3])
  })

  test('and its sensors are online from birth to death, each at its time', async () => {
    const gateway = await born()
    gateway.sendDeviceDeath(1_700_000_000_000)
    await eventually('the sensor is offline', () =>
      chain.presence.some(({ action }) => action.kind === 'device-offline'),
    )
    gateway.client.stream.destroy()
    await eventually('the gateway is offline', () =>
      chain.presence.some(({ action }) => action.kind === 'node-offline'),
    )
    const kinds = chain.presence.map(({ action }) =>
      'device' in action ? `${action.kind} ${action.device}` : action.kind,
    )
    expect(kinds).toEqual([
      'node-online',
      'device-online meter-1',
      'device-online geophone-1',
      'device-offline meter-1',
      'node-offline',
      'device-offline geophone-1',
    ])
    expect(chain.presence[3]?.action).toMatchObject({ at: 1_700_000_000_000 })
  })

  test('does not hear of, nor speak for, its neighbour', async () => {
    const [one, two] = [await born('gw-1'), await born('gw-2')]
    one.sendRow(1, powerReading(1))
    two.sendRow(1, powerReading(2))
    await one.untilAcknowledged(1)
    await two.untilAcknowledged(1)
    expect(chain.rows.map(({ gateway }) => gateway).sort()).toEqual(['gw-1', 'gw-2'])
    const closed = new Promise<void>((resolve) => one.client.once('close', () => resolve()))
    one.send(deviceTopic('DDATA', GROUP, 'gw-2', METER), two.row(2, powerReading(666)))
    await closed
    expect(watts()).not.toContain(666)
  })
})

describe('what cannot be used', () => {
  test('is quarantined and acknowledged as rejected, so that it is not sent for ever', async () => {
    const gateway = await born()
    gateway.sendRow(6)
    gateway.sendRaw(halfRow(gateway, 7))
    await gateway.untilAcknowledged(7)
    expect(gateway.rejected.toArray()).toEqual([[7, 7]])
    expect(watts()).toEqual([6])
    expect(chain.ingest.counts.rejected).toBe(1)
  })

  test.each([
    ['nothing at all', new Uint8Array()],
    ['noise', Uint8Array.from([255, 255, 255, 7, 1, 2, 3])],
    ['a payload without seq', encodePayload({ timestamp: 1, metrics: [] })],
    ['a payload without a time', encodePayload({ seq: 3, metrics: [] })],
    ['a text', new TextEncoder().encode('{"power": 3}')],
  ])('is counted when it is %s, and rows go on', async (_, payload) => {
    const gateway = await born()
    gateway.sendRaw(payload)
    gateway.sendRow(1)
    await gateway.untilAcknowledged(1)
    expect(chain.ingest.counts.undecodable).toBe(1)
  })

  test('is a birth without epoch: the gateway stays unborn, the process lives', async () => {
    const gateway = await connected()
    const metrics = [{ name: 'bdSeq', datatype: DataType.Int64, timestamp: 1, value: 0 }]
    gateway.send(nodeTopic('NBIRTH', GROUP, 'gw-1'), encodePayload({ timestamp: 1, seq: 0, metrics }))
    await eventually('a refusal', () => chain.ingest.counts.undecodable === 1)
    expect(chain.presence).toEqual([])
  })

  test('is an alias that no birth declares: asked for a birth first, given up when births do not explain it', async () => {
    const gateway = await born()
    const stranger = () => {
      const timestamp = Date.now()
      const { sequence, clock } = gateway.layouts.meter
      const metrics = [
        { alias: sequence.alias, timestamp, value: 9 },
        { alias: clock.alias, timestamp, value: 2 },
        { alias: 60_000, timestamp, value: 1.5 },
      ]
      gateway.sendRaw(encodePayload({ timestamp, metrics, seq: gateway.seq++ % 256 }))
    }
    stranger()
    await gateway.until(() => gateway.rebirthRequests === 1)
    expect(gateway.acknowledged.has(9)).toBe(false)
    await gateway.birth()
    stranger()
    await gateway.untilAcknowledged(9)
    expect(gateway.rejected.has(9)).toBe(true)
  })
})
