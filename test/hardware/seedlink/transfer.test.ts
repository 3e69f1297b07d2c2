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

  it('asks once for a station that is two sensors, a geophone and a microphone', async () => {
    await using server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0001')
    const boom = { ...station('R0001', 'air-1', { HDF: { countsPerUnit: 56_000, unit: 'Pa' } }), kind: 'air-pressure' }
    const [ground, air] = await opened(server, [station('R0001', 'geo-1'), boom])
    await eventually('the handshake', () => server.heard.includes('END'))
    expect(server.heard.filter((line) => /^(STATION|SELECT)/.test(line))).toEqual([
      'STATION R0001 AM',
      'SELECT EHZ.D',
      'SELECT HDF.D',
    ])
    for (const record of recordsOf({ station: 'R0001', seed: 1 }, 0, 1_000)) server.offer(record)
    for (const record of recordsOf({ station: 'R0001', channel: 'HDF', seed: 5 }, 0, 1_000)) server.offer(record)
    await eventually('all samples', () => ground!.count === 1_000 && air!.count === 1_000)
    expect(air!.samples('HDF')).toEqual(expected(5, 0, 1_000))
    expect(air!.blocks[0]).toMatchObject({ unit: 'Pa', countsPerUnit: 56_000 })
  })

  it('reads a port with one station that does not know STATION', async () => {
    await using server = await SeedLinkServer.listen({ uniStation: true })
    server.addStation('AM', 'R0001')
    const [one] = await opened(server, [station('R0001', 'geo-1')], { mode: 'uni-station' })
    await eventually('the handshake', () => server.heard.includes('DATA'))
    for (const record of recordsOf({ station: 'R0001', seed: 1 }, 0, 500)) server.offer(record)
    await eventually('all samples', () => one!.count === 500)
    expect(one!.samples()).toEqual(expected(1, 0, 500))
  })

  it('keeps a quiet connection alive by asking INFO ID', async () => {
    await using server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0001')
    await opened(server, [station('R0001', 'geo-1')])
    await eventually('several questions', () => server.heard.filter((line) => line === 'INFO ID').length >= 3)
    expect(server.connections).toBe(1)
  })
})
