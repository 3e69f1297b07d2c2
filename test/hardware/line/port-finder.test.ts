import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchFolders } from '@minewarden/hardware/line/folder-watch.ts'
import { findPorts } from '@minewarden/hardware/line/port-finder.ts'
import { TakenPorts } from '@minewarden/hardware/line/taken-ports.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-dev-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const touch = (...names: string[]) => {
  for (const name of names) writeFileSync(join(dir, name), '')
}
const names = async (...paths: string[]) =>
  (await findPorts({ paths, devDir: dir })).map(({ path }) => path.slice(dir.length + 1))

describe('where a device may be', () => {
  it('is listed in the order of likelihood, numbers as numbers, each port once', async () => {
    touch('ttyUSB10', 'ttyUSB2', 'ttyACM0', 'ttyS0', 'null')
    mkdirSync(join(dir, 'serial/by-id'), { recursive: true })
    symlinkSync('../../ttyUSB10', join(dir, 'serial/by-id/usb-FTDI_A1-if00'))
    expect(await names('/dev/serial/by-id/*', '/dev/ttyUSB*', '/dev/ttyACM*')).toEqual([
      'serial/by-id/usb-FTDI_A1-if00',
      'ttyUSB2',
      'ttyACM0',
    ])
  })

  it('is one path when one is given, with no more to it than its letters', async () => {
    touch('ttyS0', 'ttyUSB0', 'ttyX.0', 'ttyXa0')
    expect(await names('/dev/ttyS0')).toEqual(['ttyS0'])
    expect(await names('/dev/ttyX.*')).toEqual(['ttyX.0'])
  })

  it('is nowhere when folders, ports or the ends of links are not there', async () => {
    symlinkSync('gone', join(dir, 'ttyUSB0'))
    expect(await names('/dev/nothing/here/*', '/dev/ttyS7', '/dev/ttyUSB*')).toEqual([])
  })

  it('is what its converter says of itself, where that is asked for', async () => {
    touch('ttyUSB0', 'ttyUSB1', 'ttyS0')
    const sysDir = join(dir, 'sys')
    for (const [name, serial] of [
      ['ttyUSB0', 'A1'],
      ['ttyUSB1', 'B2'],
    ] as const) {
      const usb = join(sysDir, 'devices', name)
      mkdirSync(join(usb, 'interface', name), { recursive: true })
      for (const [file, text] of Object.entries({ idVendor: '0403', idProduct: '6001', serial }))
        writeFileSync(join(usb, file), `${text}\n`)
      mkdirSync(join(sysDir, 'class/tty', name), { recursive: true })
      symlinkSync(join(usb, 'interface', name), join(sysDir, 'class/tty', name, 'device'))
    }
    const found = async (usb: object) =>
      (await findPorts({ paths: ['/dev/tty*'], devDir: dir, sysDir, usb })).map(({ path }) => path.slice(-7))
    expect(await found({ vendorId: '0403', serialNumber: 'B2' })).toEqual(['ttyUSB1'])
    expect(await found({ vendorId: '0403' })).toEqual(['ttyUSB0', 'ttyUSB1'])
    expect(await found({ vendorId: '2341' })).toEqual([])
  })

  it('is not what another driver holds, or is configured for under whatever name', async () => {
    touch('ttyUSB0')
    symlinkSync('ttyUSB0', join(dir, 'geophone'))
    const taken = new TakenPorts()
    const [mine, other] = [{}, {}]
    taken.reserve(join(dir, 'geophone'), mine)
    expect(await taken.take(join(dir, 'ttyUSB0'), other)).toBeNull()
    const release = await taken.take(join(dir, 'ttyUSB0'), mine)
    expect(release).not.toBeNull()
    expect(await taken.take(join(dir, 'ttyUSB0'), mine)).toBeNull()
    release?.()
    expect(await taken.take(join(dir, 'ttyUSB0'), mine)).not.toBeNull()
    release?.()
    expect(await taken.take(join(dir, 'ttyUSB0'), mine), 'a late second release lets go of nothing').toBeNull()
  })

  it('is watched, though its folder is not there yet', async () => {
    let changes = 0
    const later = join(dir, 'serial/by-id')
    const unwatch = watchFolders([dir, later])(() => {
      changes += 1
    })
    touch('ttyUSB0')
    await eventually('a new name is told', () => changes >= 1)
    mkdirSync(later, { recursive: true })
    await eventually('a new folder is told', () => changes >= 2)
    const before = changes
    writeFileSync(join(later, 'usb-X'), '')
    await eventually('a name in it is told', () => changes > before)
    unwatch()
    const after = changes
    touch('ttyUSB1')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(changes).toBe(after)
  })
})
