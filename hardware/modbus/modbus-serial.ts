/**
 * Requests made and answers checked by modbus-serial; its only importer, and loaded with the first Modbus driver. It works
 * on a port of ours, so that lines are opened, locked and recovered as all others; its own time-outs and ports are unused.
 */
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { Millis } from '@minewarden/protocol/time.ts'
import type { ModbusRTU } from 'modbus-serial/ModbusRTU.d.ts'
import type { Flaw } from './answer.ts'
import type { Exchanged } from './line-exchange.ts'
import type { RegisterBlock } from './read-plan.ts'

const load = createRequire(import.meta.url)

/** These two alone would load the JavaScript part of serialport, which we do not use: 9 MB resident. */
const UNUSED_PARTS = ['modbus-serial/ports/rtubufferedport.js', 'modbus-serial/servers/serverserial.js']

function loadModbusSerial(): typeof ModbusRTU {
  for (const part of UNUSED_PARTS) {
    const file = load.resolve(part)
    load.cache[file] ??= { ...emptyModule, id: file, filename: file }
  }
  return load('modbus-serial') as typeof ModbusRTU
}

const emptyModule = {
  exports: {},
  loaded: true,
  children: [],
  paths: [],
  isPreloading: false,
  path: '',
  require: load,
} as unknown as NodeJS.Module

export type ReadResult =
  | { readonly kind: 'words'; readonly words: readonly number[]; readonly askedAt: Millis; readonly at: Millis }
  /** The meter refused, with its code. */
  | { readonly kind: 'exception'; readonly code: number }
  | { readonly kind: 'flaw'; readonly flaw: Flaw }

/** Asks with a request as RTU frames it. */
export type Ask = (request: Uint8Array) => Promise<Exchanged>

/** Reads registers, one request at a time. @throws what `ask` throws */
export type ReadRegisters = (
  unit: number,
  block: Pick<RegisterBlock, 'functionCode' | 'address' | 'count'>,
  ask: Ask,
) => Promise<ReadResult>

/** What modbus-serial expects of a port: it writes a request, and takes one whole RTU frame as the answer. */
class AskingPort extends EventEmitter {
  readonly isOpen = true
  send: (request: Uint8Array) => void = () => undefined

  open(done: (error: Error | null) => void): void {
    done(null)
  }

  close(done: () => void): void {
    done()
  }

  write(request: Uint8Array): void {
    this.send(request)
  }
}

/** One for each line. */
export function createReader(): ReadRegisters {
  const ModbusRtu = loadModbusSerial()
  const port = new AskingPort()
  const client = new ModbusRtu(port)
  client.open(() => undefined)
  return (unit, { functionCode, address, count }, ask) =>
    new Promise((resolve, reject) => {
      let exchanged: Extract<Exchanged, { frame: Uint8Array }>
      port.send = (request) => {
        ask(request).then((result) => {
          if ('flaw' in result) return resolve({ kind: 'flaw', flaw: result.flaw })
          exchanged = result
          port.emit('data', Buffer.from(result.frame))
        }, reject)
      }
      const read = functionCode === 3 ? client.writeFC3 : client.writeFC4
      read.call(client, unit, address, count, (error, answer) => {
        const code = (error as { modbusCode?: number } | null)?.modbusCode
        if (code !== undefined) resolve({ kind: 'exception', code })
        else if (error) resolve({ kind: 'flaw', flaw: { kind: 'check-sum' } })
        else resolve({ kind: 'words', words: answer.data, askedAt: exchanged.askedAt, at: exchanged.at })
      })
    })
}
