// A child of the gateway's bench: the other side of a serial cable. Speaks as a digitiser does, ground noise as samples.
// node bench/gateway-digitiser.ts LINK RATE_HZ
import { encodeFrame } from '@minewarden/hardware/digitiser/frame.ts'
import { TYPE } from '@minewarden/hardware/digitiser/messages.ts'
import { ScriptedDigitiser } from '../test/hardware/digitiser/scripted-digitiser.ts'
import { plugIn } from '../test/support/pty.ts'

const CHANNELS = 4
const HEALTH_EACH_MS = 10_000
const [link = '', rateHz = '250'] = process.argv.slice(2)
const digitiser = new ScriptedDigitiser({ rateHz: Number(rateHz) })

let state = 7
const slow = new Float64Array(CHANNELS)
function noise(channel: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  const value = 0.97 * (slow[channel] as number) + state / 0xffff_ffff - 0.5
  slow[channel] = value
  return Math.round(120 * value)
}

/** The next frame, its samples replaced by noise: what the script counts up would not pack. */
function nextFrame(): Uint8Array {
  const frame = digitiser.data()
  const payload = frame.slice(4, 4 + 12 + digitiser.samplesPerFrame * CHANNELS * 3)
  for (let i = 0; i < digitiser.samplesPerFrame * CHANNELS; i++) {
    const code = noise(i % CHANNELS)
    payload.set([code & 0xff, (code >> 8) & 0xff, (code >> 16) & 0xff], 12 + 3 * i)
  }
  return encodeFrame(TYPE.data, payload)
}

let begun = performance.now()
let sent = 0
const cable = await plugIn(link, (bytes) => {
  for (const answer of digitiser.obey(bytes as Uint8Array)) cable.send(answer)
})
let healthMs = performance.now()
setInterval(() => {
  const now = performance.now()
  // A machine that was suspended does not catch up: a digitiser would not either.
  if (now - begun > 10_000) {
    begun = now
    sent = 0
  }
  for (; sent < ((now - begun) * digitiser.rateHz) / 1000; sent += digitiser.samplesPerFrame) cable.send(nextFrame())
  if (now - healthMs < HEALTH_EACH_MS) return
  healthMs = now
  cable.send(digitiser.health())
}, 20)
process.once('SIGTERM', () => void cable.pull().then(() => process.exit(0)))
