import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SerialPort } from 'serialport'
import { describe, expect, it } from 'vitest'
import { startBoard } from '../../support/avr-board.ts'
import { eventually } from '../../support/eventually.ts'
import { requires } from '../../support/requires.ts'
import { standardFirmata } from '../../support/standard-firmata.ts'

const firmware = standardFirmata()

describe.runIf(firmware && requires('socat'))('A simulated board behind a pseudo-terminal', () => {
  it('is opened as a serial port, speaks, obeys, and comes back under another name', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'minewarden-board-'))
    await using board = await startBoard(firmware!, join(dir, 'ttyACM0'))
    const first = await openPort(join(dir, 'ttyACM0'))
    await eventually('the version of the firmware', () => first.received().includes(Buffer.from([0xf9, 2, 4])))
    first.port.write(Buffer.from([0xf4, 7, 1, 0x90, 0, 1]))
    await eventually('pin 7 high', () => board.level(7))

    board.order({ kind: 'unplug' })
    await eventually('the port to close', () => !first.port.isOpen)
    board.order({ kind: 'plug', link: join(dir, 'ttyACM1') })
    await eventually('pin 7 low after the board lost its power', () => !board.level(7))
    const second = await eventually('the new name', () => openPort(join(dir, 'ttyACM1')).catch(() => null))
    await eventually('the version again', () => second.received().includes(Buffer.from([0xf9, 2, 4])))
    expect(board.level(7)).toBe(false)
    second.port.close()
    rmSync(dir, { recursive: true })
  })
})

async function openPort(path: string): Promise<{ port: SerialPort; received(): Buffer }> {
  const port = new SerialPort({ path, baudRate: 57_600, autoOpen: false })
  let bytes = Buffer.alloc(0)
  port.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
  })
  port.on('error', () => {})
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  return { port, received: () => bytes }
}
