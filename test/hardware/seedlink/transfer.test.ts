import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeedLinkServer } from '@minewarden/hardware/sim/seedlink/server.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { expected, type Listener, listen, recordsOf, station } from './support.ts'

let dataDir = ''
const listeners: Listener[] = []
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'minewarden-seedlink-'))
})
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()))
  rmSync(dataDir, { recursive: true, force: true })
})

async function opened(server: SeedLinkServer, stations: readonly object[], more: object = {}): Promise<Listener[]> {
  const made = await listen(server, { dataDir, stations, ...more })
  listeners.push(...made)
  return made
}

describe('a SeedLink client', () => {
  it('reads two stations over one connection, sample for sample', async () => {
    await using server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0001')
    server.addStation('AM', 'R0002')
    const [one, two] = await opened(server, [station('R0001', 'geo-1'), station('R0002', 'geo-2')])
    await eventually('the handshake', () => server.heard.includes('END'))
    for (const record of recordsOf({ station: 'R0001', seed: 1 }, 0, 5_000)) server.offer(record)
    for (const record of recordsOf({ station: 'R0002', seed: 2 }, 0, 5_000)) server.offer(record)
    await eventually('all samples', () => one!.count === 5_000 && two!.count === 5_000)
    expect(one!.samples()).toEqual(expected(1, 0, 5_000))
    expect(two!.samples()).toEqual(expected(2, 0, 5_000))
    expect(server.connections).toBe(1)
  })
})
