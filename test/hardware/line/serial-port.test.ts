import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '@minewarden/edge/shell/system-clock.ts'
import { openSerialPort } from '@minewarden/hardware/bindings/serial-port.ts'
import type { ByteLine } from '@minewarden/hardware/line/contract.ts'
import { serialOpener } from '@minewarden/hardware/line/serial-opener.ts'
import { TakenPorts } from '@minewarden/hardware/line/taken-ports.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { plugIn } from '../../support/pty.ts'
import { requires } from '../../support/requires.ts'

const settings = { baudRate: 500_000 }
const deps = { clock: systemClock }
const never = new AbortController().signal
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (words: string) => new TextEncoder().encode(words)
const descriptors = () => readdirSync('/proc/self/fd').length

async function read(line: ByteLine): Promise<string> {
  const { value } = await line.read()[Symbol.asyncIterator]().next()
  return value ? text(value.bytes) : ''
}

describe.runIf(requires('gcc'))('a serial port', () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-serial-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  let plugs = 0
  const plug = async (heard?: (said: Uint8Array) => void) => {
    const path = join(dir, `tty${plugs++}`)
    return { path, cable: await plugIn(path, heard) }
  }

  it('carries every byte value both ways', async () => {
    const heard: number[] = []
    const { path, cable } = await plug((said) => heard.push(...said))
    const line = await openSerialPort(path, settings, deps)
    const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    await line.write(all)
    await eventually('the device has all', () => heard.length === 256)
    expect(heard).toEqual([...all])
    cable.send(all)
    const got: number[] = []
    for await (const chunk of line.read()) {
      got.push(...chunk.bytes)
      if (got.length === 256) break
    }
    expect(got).toEqual([...all])
    cable.send(bytes('more'))
    expect(await read(line), 'a second reader goes on').toBe('more')
    await line.close()
    await cable.pull()
  })

  it('is for one at a time, and free again after it is closed', async () => {
    const { path, cable } = await plug()
    const line = await openSerialPort(path, settings, deps)
    await expect(openSerialPort(path, settings, deps)).rejects.toMatchObject({ code: 'line-busy' })
    await line.close()
    await (await openSerialPort(path, settings, deps)).close()
    await cable.pull()
  })

  it('that is not there, or is none, has its own name', async () => {
    await expect(openSerialPort(join(dir, 'none'), settings, deps)).rejects.toMatchObject({ code: 'line-absent' })
    await expect(openSerialPort('/dev/null', settings, deps)).rejects.toMatchObject({ code: 'line-unopened' })
  })

  it('gives up a device that takes no bytes, and can be closed then', async () => {
    const { path, cable } = await plug()
    const line = await openSerialPort(path, settings, deps)
    await cable.pull()
    await expect(line.write(bytes('x'))).rejects.toMatchObject({ code: 'line-lost' })
    await line.close()
    await line.close()
    await expect(line.write(bytes('x'))).rejects.toMatchObject({ code: 'line-lost' })
  })

  it('rests when asked to: what comes meanwhile is handed over at once then, and is said to have waited', async () => {
    const { path, cable } = await plug()
    const line = await openSerialPort(path, settings, deps)
    const chunks = line.read()[Symbol.asyncIterator]()
    const next = async () => (await chunks.next()).value
    const restedAt = performance.now()
    line.rest?.(200)
    cable.send(bytes('a'))
    await sleep(50)
    cable.send(bytes('b'))
    const rested = await next()
    expect(text(rested!.bytes)).toBe('ab')
    expect(rested!.waited).toBe(true)
    expect(performance.now() - restedAt).toBeGreaterThan(190)
    cable.send(bytes('c'))
    const fresh = await next()
    expect(text(fresh!.bytes)).toBe('c')
    expect(fresh!.waited).toBeUndefined()
    line.rest?.(100)
    await sleep(150)
    cable.send(bytes('d'))
    expect((await next())!.waited, 'nothing had come while it rested').toBeUndefined()
    line.rest?.(60_000)
    await line.close()
    expect(await next()).toBeUndefined()
    await cable.pull()
  })

  it('leaves no descriptor behind, and is heard when it has the number of a former one', async () => {
    const { path, cable } = await plug()
    await (await openSerialPort(path, settings, deps)).close()
    const before = descriptors()
    for (let i = 0; i < 300; i++) {
      const line = await openSerialPort(path, settings, deps)
      cable.send(bytes(`${i}`))
      expect(await read(line)).toBe(`${i}`)
      await line.close()
    }
    expect(descriptors()).toBeLessThanOrEqual(before + 1)
    await cable.pull()
  })

  it('is searched for among others: the one whose device is recognised', async () => {
    const told: string[] = []
    const here = mkdtempSync(join(tmpdir(), 'minewarden-search-'))
    const others = await plugIn(join(here, 'ttyUSB0'), () => told.push('other'))
    const wanted = await plugIn(join(here, 'ttyUSB1'), () => {
      told.push('wanted')
      wanted.send(bytes('I am 42'))
    })
    const held = await plugIn(join(here, 'ttyUSB2'), () => told.push('held'))
    const taken = new TakenPorts()
    await taken.take(held.terminal, {})
    const opener = serialOpener(
      {
        places: { paths: ['/dev/ttyUSB*'], devDir: here },
        settings,
        recogniseLimitMs: 200,
        async recognise(line) {
          await line.write(bytes('who?'))
          return (await read(line)) === 'I am 42'
        },
      },
      { ...deps, taken },
    )
    const line = await opener.open(never)
    expect(line.name).toBe(join(here, 'ttyUSB1'))
    wanted.send(bytes('data'))
    expect(await read(line)).toBe('data')
    await line.close()
    expect(told).toEqual(['other', 'wanted'])
    await wanted.pull()
    await expect(opener.open(never)).rejects.toMatchObject({ code: 'line-busy' })
    await Promise.all([others.pull(), held.pull()])
    await expect(opener.open(never)).rejects.toMatchObject({ code: 'line-absent' })
    rmSync(here, { recursive: true, force: true })
  })
})
