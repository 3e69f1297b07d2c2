/** Meters in memory that misbehave as told, on a line in virtual time. */
import { ChunkQueue } from '@minewarden/hardware/line/chunk-queue.ts'
import type { ByteLine } from '@minewarden/hardware/line/contract.ts'
import { crc16 } from '@minewarden/hardware/modbus/rtu-frame.ts'
import type { Clock } from '@minewarden/protocol/time.ts'

export const hex = (data: Uint8Array): string =>
  Buffer.from(data)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ')
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const checked = (body: readonly number[]): Uint8Array => {
  const crc = crc16(new Uint8Array(body))
  return new Uint8Array([...body, crc & 255, crc >> 8])
}

export const answerOf = (unit: number, functionCode: number, words: readonly number[]): Uint8Array =>
  checked([unit, functionCode, 2 * words.length, ...words.flatMap((word) => [word >> 8, word & 255])])

export const exceptionOf = (unit: number, functionCode: number, code: number): Uint8Array =>
  checked([unit, functionCode | 0x80, code])

export interface Question {
  readonly unit: number
  readonly functionCode: number
  readonly address: number
  readonly count: number
}

/** What a question leads to: bytes, each so many ms later. */
export type Answers = readonly { readonly afterMs: number; readonly bytes: Uint8Array }[]

export class ScriptedLine implements ByteLine {
  readonly name = 'scripted'
  readonly questions: Question[] = []
  readonly #queue = new ChunkQueue()
  readonly #clock: Clock
  readonly #answer: (question: Question) => Answers

  constructor(clock: Clock, answer: (question: Question) => Answers) {
    this.#clock = clock
    this.#answer = answer
  }

  read() {
    return this.#queue.read()
  }

  async write(request: Uint8Array): Promise<void> {
    const view = new DataView(request.buffer, request.byteOffset)
    const question = {
      unit: request[0] ?? 0,
      functionCode: request[1] ?? 0,
      address: view.getUint16(2),
      count: view.getUint16(4),
    }
    this.questions.push(question)
    for (const { afterMs, bytes: data } of this.#answer(question)) {
      void this.#clock.sleep(afterMs).then(() => this.#queue.push({ bytes: data, at: this.#clock.monotonic() }))
    }
  }

  async close(): Promise<void> {
    this.#queue.end()
  }
}
