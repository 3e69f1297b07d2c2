/**
 * Makes avr8js' USART behave as the chip's does where firmware notices: three received bytes are kept (two in the buffer, one in
 * the shift register) before one is lost, setting up the transmitter loses no received byte, and `data register empty` is
 * a level, not an edge.
 * @see ATmega328P data sheet DS40002061B, 20.7.1 and 20.11
 */
import { type AVRUSART, type CPU, usart0Config } from 'avr8js'
import type { Received } from './wrong-baud.ts'

const { UCSRA, UCSRB, UDR } = usart0Config
const FRAME_ERROR = 0x10
const DATA_OVERRUN = 0x08
const RECEIVE_COMPLETE = 0x80
const DATA_REGISTER_EMPTY = 0x20
/** Firmware cannot write these. */
const READ_ONLY_FLAGS = RECEIVE_COMPLETE | DATA_REGISTER_EMPTY | FRAME_ERROR | DATA_OVERRUN
const RECEIVE_BUFFER_BYTES = 3

/** Returns how a byte gets from the line into the chip. */
export function repairUsart(cpu: CPU, usart: AVRUSART): (received: Received) => void {
  const buffer: Received[] = []
  const offerFirst = () => {
    if (!usart.rxEnable) buffer.length = 0
    const first = buffer[0]
    if (!first) return
    usart.writeByte(first.byte, true)
    if (first.frameError) cpu.data[UCSRA]! |= FRAME_ERROR
  }
  keepLevelInterrupt(usart)
  keepFlags(cpu, offerFirst)
  const readData = cpu.readHooks[UDR]!
  cpu.readHooks[UDR] = (address) => {
    const value = readData(address)
    cpu.data[UCSRA]! &= ~(FRAME_ERROR | DATA_OVERRUN)
    buffer.shift()
    offerFirst()
    return value
  }
  return (received) => {
    if (!usart.rxEnable) return
    if (buffer.length === RECEIVE_BUFFER_BYTES) {
      cpu.data[UCSRA]! |= DATA_OVERRUN
      return
    }
    buffer.push(received)
    if (buffer.length === 1) offerFirst()
  }
}

/** avr8js forgets the interrupt when its routine is entered; the chip asks until a byte is written or it is disabled. */
function keepLevelInterrupt(usart: AVRUSART): void {
  const { UDRE } = usart as unknown as { readonly UDRE: { constant?: boolean } }
  UDRE.constant = true
}

/** avr8js lets a write to either register wipe out a byte that was received and not read yet. */
function keepFlags(cpu: CPU, offerFirst: () => void): void {
  for (const register of [UCSRA, UCSRB]) {
    const write = cpu.writeHooks[register]!
    cpu.writeHooks[register] = (value, oldValue, address, mask) => {
      const flags = cpu.data[UCSRA]! & READ_ONLY_FLAGS & ~RECEIVE_COMPLETE
      const done = write(value, oldValue, address, mask)
      cpu.data[UCSRA]! |= flags
      offerFirst()
      return done
    }
  }
}
