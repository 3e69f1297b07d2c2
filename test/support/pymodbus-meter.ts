/** Another program's Modbus meter on a simulated bus: it hears what the master says, and its answers are said on the bus. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sdm630Registers } from '@minewarden/hardware/sim/meters/modbus-meter.ts'
import type { MeterTruth } from '@minewarden/hardware/sim/meters/model.ts'
import { plugIn } from './pty.ts'

const PYMODBUS = fileURLToPath(new URL('modbus-server.py', import.meta.url))
const TOLD_EACH_MS = 200

/** @param say what the bus does with its answers */
export async function servePymodbus(dir: string, unit: number, truth: () => MeterTruth, say: (b: Uint8Array) => void) {
  const path = join(dir, 'pymodbus')
  const cable = await plugIn(path, say)
  const words = () => {
    const view = new DataView(sdm630Registers(truth()).buffer)
    return Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(2 * i))
  }
  const registers = { [unit]: Object.fromEntries(words().map((word, i) => [i, word])) }
  const args = [PYMODBUS, 'rtu', path, JSON.stringify(registers)]
  const server = spawn('/usr/bin/python3', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  await new Promise<void>((resolve, reject) => {
    server.stdout.once('data', () => resolve())
    server.once('exit', () => reject(new Error('pymodbus ended')))
  })
  server.stdin.on('error', () => undefined)
  const telling = setInterval(() => server.stdin.write(`${JSON.stringify([unit, 0, words()])}\n`), TOLD_EACH_MS)
  return {
    hear(bytes: Uint8Array) {
      cable.send(bytes)
      return []
    },
    async end() {
      clearInterval(telling)
      server.kill('SIGKILL')
      await cable.pull()
    },
  }
}
