import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeedLinkServer } from '@minewarden/hardware/sim/seedlink/server.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { requires } from '../../support/requires.ts'
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

const STATIONS = [station('R0001', 'geo-1'), station('R0002', 'geo-2')]
const positionFile = (port: number) => join(dataDir, 'seedlink', `127.0.0.1_${port}.json`)

async function open(server: SeedLinkServer): Promise<[Listener, Listener]> {
  const made = await listen(server, { dataDir, stations: STATIONS })
  listeners.push(...made)
  return [made[0]!, made[1]!]
}

/** Both stations on one packet of half a second each. */
function send(server: SeedLinkServer, from: number): void {
  for (const record of recordsOf({ station: 'R0001', seed: 1 }, from, 50)) server.offer(record)
  for (const record of recordsOf({ station: 'R0002', seed: 2 }, from, 50)) server.offer(record)
}

describe('a SeedLink client that goes on where it stood', () => {
  it('loses and doubles no sample over 20 broken connections and a restart, with numbers that wrap', async () => {
    await using server = await SeedLinkServer.listen({ firstSequence: 0xfffff0 })
    server.addStation('AM', 'R0001')
    server.addStation('AM', 'R0002')
    let [one, two] = await open(server)
    await eventually('the handshake', () => server.heard.includes('END'))
    const first: number[] = []
    const second: number[] = []
    let sent = 0
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 4; i++, sent += 50) send(server, sent)
      if (round % 3 === 0) await eventually('some of it', () => one.count > 0)
      server.drop()
      for (let i = 0; i < 2; i++, sent += 50) send(server, sent)
      if (round === 10) {
        await Promise.all([one.stop(), two.stop()])
        first.push(...one.samples())
        second.push(...two.samples())
        for (let i = 0; i < 5; i++, sent += 50) send(server, sent)
        ;[one, two] = await open(server)
      }
      const reconnected = server.connections
      await eventually('a new connection', () => server.connections > reconnected || one.count + first.length === sent)
    }
    await eventually('all samples', () => first.length + one.count >= sent && second.length + two.count >= sent)
    expect([...first, ...one.samples()]).toEqual(expected(1, 0, sent))
    expect([...second, ...two.samples()]).toEqual(expected(2, 0, sent))
    expect(server.connections).toBeGreaterThan(20)
    expect(server.heard.some((line) => /^DATA 0000[0-9A-F]{2}$/.test(line))).toBe(true)
  })

  it('asks after a restart for what follows the last packet that was taken', async () => {
    await using server = await SeedLinkServer.listen({ firstSequence: 0x41 })
    server.addStation('AM', 'R0001')
    server.addStation('AM', 'R0002')
    const [one, two] = await open(server)
    await eventually('the handshake', () => server.heard.includes('END'))
    send(server, 0)
    await eventually('samples', () => one.count === 50 && two.count === 50)
    await Promise.all([one.stop(), two.stop()])
    await open(server)
    await eventually(
      'DATA with the next number',
      () => server.heard.filter((line) => line === 'DATA 000042').length === 2,
    )
  })

  it.each(['', 'no JSON', '{"format":"minewarden-seedlink/1","stations":{"AM.R0001/geo-1":{"sequence":-1}}}'])(
    'begins live when the file of positions holds %j, says so, and writes a sound one',
    async (content) => {
      await using server = await SeedLinkServer.listen()
      server.addStation('AM', 'R0001')
      server.addStation('AM', 'R0002')
      const [one, two] = await open(server)
      await eventually('the handshake', () => server.heard.includes('END'))
      send(server, 0)
      await eventually('samples', () => one.count === 50)
      await Promise.all([one.stop(), two.stop()])
      writeFileSync(positionFile(server.port), content)
      const [again, other] = await open(server)
      await eventually('a new handshake', () => server.heard.filter((line) => line === 'END').length === 2)
      send(server, 50)
      await eventually('new samples', () => again.count === 50)
      expect(again.samples()).toEqual(expected(1, 50, 100))
      await eventually('the reason', () =>
        again.states.some(({ reason }) => reason.includes('positions cannot be read')),
      )
      await Promise.all([again.stop(), other.stop()])
      expect(JSON.parse(readFileSync(positionFile(server.port), 'utf8')).stations['AM.R0001/geo-1'].sequence).toBe(1)
    },
  )

  it('writes nothing while nothing moves', async () => {
    await using server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0001')
    server.addStation('AM', 'R0002')
    const [one, two] = await open(server)
    await eventually('the handshake', () => server.heard.includes('END'))
    await Promise.all([one.stop(), two.stop()])
    expect(existsSync(positionFile(server.port))).toBe(false)
  })

  it('does not lose what a slow reader has not taken, nor hold up the other station', async () => {
    await using server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0001')
    server.addStation('AM', 'R0002')
    const [one, two] = await open(server)
    await eventually('the handshake', () => server.heard.includes('END'))
    one.paused = Promise.withResolvers<void>()
    const packets = 1_300
    for (let i = 0; i < packets; i++) send(server, i * 50)
    await eventually('the other one', () => two.count === packets * 50)
    expect(one.count).toBeLessThan(packets * 50)
    one.paused.resolve()
    await eventually('all of it', () => one.count === packets * 50)
    expect(one.samples()).toEqual(expected(1, 0, packets * 50))
  })
})

describe.runIf(requires('real data'))('real recordings from a SeedLink server', () => {
  const trace = (name: string) => new URL(`../../../../shared/data/traces/${name}`, import.meta.url)

  it.each([
    ['blast/uw61506451_PB.B035.EHZ.mseed', 'PB', 'B035', 'EHZ'],
    ['blast/uw61744902_UO.ROGE.HHZ.mseed', 'UO', 'ROGE', 'HHZ'],
  ])('%s arrives sample for sample, its channel as it is', async (file, network, code, channel) => {
    const { decodeAll } = await import('@minewarden/hardware/miniseed/stream.ts')
    const bytes = new Uint8Array(readFileSync(trace(file)))
    const samples: number[] = []
    const lengths = new Set<number>()
    for (const item of decodeAll(bytes)) {
      if (item.kind !== 'record') continue
      samples.push(...item.record.samples)
      lengths.add(item.record.recordLength)
    }
    const [length = 512] = lengths
    await using server = await SeedLinkServer.listen({ greeting: 'SeedLink v3.1 (test) :: SLPROTO:3.1 CAP BATCH' })
    server.addStation(network, code)
    const wanted = {
      network,
      station: code,
      id: 'geo-1',
      kind: 'geophone',
      channels: { [channel]: { countsPerUnit: 1, unit: 'm/s' } },
    }
    const [one] = await listen(server, { dataDir, stations: [wanted] })
    listeners.push(one!)
    await eventually('the handshake', () => server.heard.includes('END'))
    expect(server.heard).toContain('BATCH')
    for (let at = 0; at < bytes.length; at += length) server.offer(bytes.slice(at, at + length))
    // A recording is not live: its last record waits for another one to bear out that it was no wrong time.
    await eventually('the samples', () => one!.count >= samples.length - 1000)
    expect(one!.samples(channel)).toEqual(samples.slice(0, one!.count))
    expect(one!.driver.channels).toEqual([channel])
    await one!.stop()
  })
})
