import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeedLinkServer, type SeedLinkServerOptions } from '@minewarden/hardware/sim/seedlink/server.ts'
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

/** Carries connections to a server; those that it swallows stay open at both ends, and nothing comes through any more. */
class SwallowingCable implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #to = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (near) => {
      const far = connect(this.#to, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.on('error', () => undefined).pipe(to)
      }
    })
  }

  static async open(): Promise<SwallowingCable> {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return new SwallowingCable(server)
  }

  leadTo(port: number): { port: number } {
    this.#to = port
    return { port: (this.#server.address() as AddressInfo).port }
  }

  swallow(): void {
    for (const socket of this.#sockets) socket.unpipe().resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

/** Two stations that send half a second of samples each 50 ms, at a server whose faults can be set. */
class Scene implements AsyncDisposable {
  readonly server: SeedLinkServer
  readonly one: Listener
  readonly two: Listener
  sent = 0

  private constructor(server: SeedLinkServer, one: Listener, two: Listener) {
    this.server = server
    this.one = one
    this.two = two
  }

  static async open(options: SeedLinkServerOptions = {}, cable?: SwallowingCable): Promise<Scene> {
    const server = await SeedLinkServer.listen(options)
    server.addStation('AM', 'R0001')
    server.addStation('AM', 'R0002')
    const stations = [station('R0001', 'geo-1'), station('R0002', 'geo-2')]
    const made = await listen(cable?.leadTo(server.port) ?? server, { dataDir, stations })
    listeners.push(...made)
    const scene = new Scene(server, made[0]!, made[1]!)
    await eventually('the handshake', () => server.heard.includes('END'))
    return scene
  }

  send(packets = 1): void {
    for (let i = 0; i < packets; i++) {
      for (const record of recordsOf({ station: 'R0001', seed: 1 }, this.sent, 50)) this.server.offer(record)
      for (const record of recordsOf({ station: 'R0002', seed: 2 }, this.sent, 50)) this.server.offer(record)
      this.sent += 50
    }
  }

  /** Sends until something is seen. */
  async until(what: string, ask: () => unknown): Promise<void> {
    await eventually(what, () => {
      if (ask()) return true
      this.send()
      return false
    })
  }

  async complete(): Promise<void> {
    await eventually('all samples', () => this.one.count === this.sent && this.two.count === this.sent)
    expect(this.one.samples()).toEqual(expected(1, 0, this.sent))
    expect(this.two.samples()).toEqual(expected(2, 0, this.sent))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.one.stop(), this.two.stop()])
    await this.server[Symbol.asyncDispose]()
  }
}

const lastState = (listener: Listener) => listener.states.at(-1)?.state

describe('a SeedLink server that misbehaves', () => {
  it('closes the connection: nothing is lost, doubled, or said when it is back at once', async () => {
    await using scene = await Scene.open()
    scene.send(3)
    await scene.complete()
    scene.server.drop()
    scene.send(3)
    await scene.complete()
    expect(scene.one.states).toEqual([])
  })

  it('goes away: each sensor is disconnected, and goes on where it stood', async () => {
    await using scene = await Scene.open()
    scene.send(2)
    await scene.complete()
    scene.server.faults.refuseConnections = true
    scene.server.drop()
    await eventually('both are told', () => scene.one.state('disconnected') && scene.two.state('disconnected'))
    scene.send(4)
    scene.server.faults.refuseConnections = false
    await scene.complete()
    expect(lastState(scene.one)).toBe('ok')
    expect(lastState(scene.two)).toBe('ok')
  })

  it('hangs in the midst of the transfer: it is told silent, another connection is tried, nothing is lost', async () => {
    await using scene = await Scene.open()
    scene.send(2)
    await scene.complete()
    const before = scene.server.connections
    scene.server.faults.hang = true
    await eventually('silence', () => scene.one.state('silent'))
    expect(scene.one.state('silent')?.reason).toContain('hangs')
    scene.send(2)
    scene.server.faults.hang = false
    scene.server.wake()
    await scene.complete()
    expect(scene.server.connections).toBeGreaterThan(before)
    expect(lastState(scene.one)).toBe('ok')
  })

  it('is cut off without a word, as by a router that forgets: INFO finds it, another connection goes on, nothing is lost', async () => {
    await using cable = await SwallowingCable.open()
    await using scene = await Scene.open({}, cable)
    scene.send(2)
    await scene.complete()
    const before = scene.server.connections
    cable.swallow()
    scene.send(4)
    await scene.complete()
    expect(scene.server.connections).toBe(before + 1)
    expect(scene.one.states.filter(({ state }) => state === 'bad-data' || state === 'failed')).toEqual([])
    expect(lastState(scene.one)).toBe('ok')
  })

  it('hangs before it says a word: that is silence, and it is recovered from', async () => {
    const server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0001')
    server.faults.hang = true
    const [one] = await listen(server, { dataDir, stations: [station('R0001', 'geo-1')] })
    listeners.push(one!)
    await eventually('silence', () => one!.state('silent'))
    expect(one!.state('silent')?.reason).toContain('no answer to HELLO')
    server.faults.hang = false
    await eventually('the handshake', () => server.heard.includes('END'))
    for (const record of recordsOf({ station: 'R0001', seed: 1 }, 0, 100)) server.offer(record)
    await eventually('samples', () => one!.count === 100)
    await one!.stop()
    await server[Symbol.asyncDispose]()
  })

  it('refuses one station: that one has failed and the other runs; it is taken up once it is there', async () => {
    const server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0002')
    const stations = [station('R0001', 'geo-1'), station('R0002', 'geo-2')]
    const [one, two] = await listen(server, { dataDir, stations })
    listeners.push(one!, two!)
    await eventually('the refusal', () => one!.state('failed'))
    for (const record of recordsOf({ station: 'R0002', seed: 2 }, 0, 100)) server.offer(record)
    await eventually('the other one', () => two!.count === 100)
    await eventually('what it has', () => one!.states.at(-1)?.reason.includes('it has AM.R0002.00.EHZ'))
    expect(two!.states).toEqual([])
    server.addStation('AM', 'R0001')
    await eventually('both', () => {
      for (const record of recordsOf({ station: 'R0001', seed: 1 }, one!.count, 100)) server.offer(record)
      return one!.count >= 100
    })
    expect(lastState(one!)).toBe('ok')
    expect(two!.samples()).toEqual(expected(2, 0, 100))
    await Promise.all([one!.stop(), two!.stop()])
    await server[Symbol.asyncDispose]()
  })

  it('sends nothing of one station while another runs: that one is silent, with what the server has', async () => {
    await using scene = await Scene.open()
    scene.send(1)
    await scene.complete()
    scene.server.faults.silentStations = new Set(['AM.R0001'])
    await scene.until('silence', () => scene.one.state('silent'))
    expect(scene.two.states).toEqual([])
    scene.server.faults.silentStations = new Set()
    scene.server.wake()
    await scene.complete()
    expect(lastState(scene.one)).toBe('ok')
  })

  it('lacks a channel: the sensor is silent and names it', async () => {
    await using server = await SeedLinkServer.listen()
    for (const record of recordsOf({ station: 'R0001', seed: 1 }, 0, 100)) server.offer(record)
    const wanted = station('R0001', 'geo-1', { HHZ: { countsPerUnit: 1, unit: 'm/s' } })
    const [one] = await listen(server, { dataDir, stations: [wanted] })
    listeners.push(one!)
    await eventually('the reason', () =>
      one!.states.some(({ reason }) => reason.includes('the server has no AM.R0001 HHZ; it has AM.R0001.00.EHZ')),
    )
    await one!.stop()
  })

  it('sends endless noise: bad data by name, and good data again when it stops', async () => {
    await using scene = await Scene.open()
    scene.send(2)
    await scene.complete()
    scene.server.faults.endlessNoise = true
    scene.send(1)
    await eventually('bad data', () => scene.one.state('bad-data') && scene.two.state('bad-data'))
    expect(scene.one.state('bad-data')?.reason).toMatch(/bytes that are no SeedLink/)
    scene.server.faults.endlessNoise = false
    scene.server.wake()
    await scene.complete()
    expect(lastState(scene.one)).toBe('ok')
  })

  it('sends noise between packets: no sample is lost, and the noise is told', async () => {
    await using scene = await Scene.open()
    scene.server.faults.noiseChance = 0.3
    scene.send(40)
    await scene.complete()
  })

  it.each(['garbleChance', 'halfChance'] as const)(
    '%s: the sound packets arrive, in order, each once',
    async (fault) => {
      await using scene = await Scene.open()
      scene.server.faults[fault] = 0.1
      scene.send(60)
      scene.server.faults[fault] = 0
      const damagedUntil = scene.sent
      scene.send(20)
      await eventually('what followed', () => scene.one.samples().at(-1) === expected(1, scene.sent - 1, scene.sent)[0])
      const tail = expected(1, damagedUntil + 50, scene.sent)
      expect(scene.one.samples().slice(-tail.length)).toEqual(tail)
      const starts = scene.one.blocks.map(({ startAt }) => startAt)
      expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b))
      // A damaged packet costs at most itself and the one behind it.
      expect(scene.one.count).toBeGreaterThan(0.5 * scene.sent)
    },
  )

  it('has forgotten where a station stood: what it still has is taken, and the gap is told', async () => {
    await using scene = await Scene.open()
    scene.send(2)
    await scene.complete()
    scene.server.faults.refuseConnections = true
    scene.server.drop()
    scene.send(10)
    for (const ring of scene.server.rings) ring.forget(3)
    scene.server.faults.refuseConnections = false
    await eventually('the rest', () => scene.one.count === 100 + 150 && scene.two.count === 250)
    expect(scene.one.samples()).toEqual([...expected(1, 0, 100), ...expected(1, 450, 600)])
    await eventually('the gap', () => scene.one.states.some(({ reason }) => reason.includes('EHZ: 3500 ms missing')))
  })

  it('numbers its packets anew: what is known already is not measured again', async () => {
    await using scene = await Scene.open({ firstSequence: 5_000 })
    scene.send(4)
    await scene.complete()
    for (const ring of scene.server.rings) ring.renumber(7)
    scene.server.drop()
    scene.send(4)
    await scene.complete()
  })

  it('does not take a sequence number: the station begins live', async () => {
    await using scene = await Scene.open()
    scene.send(2)
    await scene.complete()
    scene.server.faults.refuseSequence = true
    scene.server.drop()
    await eventually('a new handshake', () => scene.server.heard.filter((line) => line === 'END').length === 2)
    scene.send(2)
    await scene.complete()
  })

  it.each(['refuseSelect', 'refuseInfo'] as const)('%s: the data flow all the same', async (fault) => {
    const server = await SeedLinkServer.listen()
    server.addStation('AM', 'R0001')
    server.faults[fault] = true
    const [one] = await listen(server, { dataDir, stations: [station('R0001', 'geo-1')] })
    listeners.push(one!)
    await eventually('the handshake', () => server.heard.includes('END'))
    await eventually('it is asked whether it lives', () => server.heard.includes('INFO ID'))
    for (const record of recordsOf({ station: 'R0001', channel: 'HDF', seed: 3 }, 0, 100)) server.offer(record)
    for (const record of recordsOf({ station: 'R0001', seed: 1 }, 0, 100)) server.offer(record)
    await eventually('samples', () => one!.count === 100)
    expect(one!.samples()).toEqual(expected(1, 0, 100))
    expect(server.connections).toBe(1)
    await one!.stop()
    await server[Symbol.asyncDispose]()
  })

  it('is no SeedLink server: the sensor has failed, with what was answered', async () => {
    const server = createServer((socket) => {
      // Who is answered so may break the connection off.
      socket.on('error', () => undefined)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const [one] = await listen({ port }, { dataDir, stations: [station('R0001', 'geo-1')] })
    listeners.push(one!)
    await eventually('the state', () => one!.state('failed')?.reason.includes('HTTP/1.1 400'))
    await one!.stop()
    server.close()
  })
})
