import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runGateway } from '@minewarden/edge/main.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { FakeHost } from '../support/fake-host.ts'

const GROUP = '450324'
const NODE = 'gw-1'
const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

function configure(url: string, more: object = {}): string {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-gateway-'))
  dirs.push(dir)
  const sensors = [
    { kind: 'geophone', id: 'geo-1' },
    { kind: 'power-meter', id: 'meter-1' },
    { kind: 'camera-probe', id: 'probe-1' },
  ]
  const config = {
    gateway: NODE,
    county: GROUP,
    data: dir,
    uplink: { servers: [url] },
    drivers: [{ kind: 'simulated', scenario: 'quiet-with-pump', seed: 1, sensors }],
    spool: { featureCommitMs: 200 },
    log: 'error',
    ...more,
  }
  writeFileSync(join(dir, 'gateway.json'), JSON.stringify(config))
  return join(dir, 'gateway.json')
}

/** Runs a gateway for as long as `during` takes. */
async function withGateway(config: string, during: () => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const running = runGateway(config, stop.signal)
  try {
    await during()
  } finally {
    stop.abort()
    await running
  }
}

describe('a gateway', () => {
  it('gives birth when its host is online, sends what it measured, and says NDEATH when it is stopped', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    await withGateway(configure(host.url), async () => {
      await eventually('a connection', () => host.broker.connectedClients === 1)
      expect(host.heard).toEqual([])
      host.say(true)
      await eventually('rows', () => host.rows.size > 3)
    })
    const types = host.heard.map(({ type }) => type)
    expect(types.slice(0, 4)).toEqual(['NBIRTH', 'DBIRTH', 'DBIRTH', 'DBIRTH'])
    expect(types.at(-1)).toBe('NDEATH')
    const seqs = host.heard.slice(0, -1).map(({ bytes }) => decodePayload(bytes).seq)
    expect(seqs).toEqual(seqs.map((_, i) => i % 256))
    const [birth, death] = [host.heard[0], host.heard.at(-1)].map((heard) => decodePayload(heard?.bytes as Uint8Array))
    expect(death?.metrics.map(({ name, value }) => [name, value])).toEqual([['bdSeq', 0]])
    expect(birth?.metrics.find(({ name }) => name === 'bdSeq')?.value).toBe(0)
  })

  it('goes on where it stopped: after a restart bdSeq is one more and acknowledged rows stay settled', async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const config = configure(host.url)
    await withGateway(config, async () => void (await eventually('rows', () => host.rows.size > 3)))
    const before = host.arrived.length
    const epoch = host.epoch
    await withGateway(config, async () => void (await eventually('more rows', () => host.arrived.length > before + 3)))
    expect(host.epoch).toBe(epoch)
    const births = host.heard.filter(({ type }) => type === 'NBIRTH').map(({ bytes }) => decodePayload(bytes))
    expect(births.map(({ metrics }) => metrics.find(({ name }) => name === 'bdSeq')?.value)).toEqual([0, 1])
    const sequences = host.arrived.map(({ sequence }) => sequence)
    expect(new Set(sequences).size).toBe(host.rows.size)
  })
})
