import type { FieldsOf, Reading } from '@minewarden/protocol/reading.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { isMoved } from '../clock/clock-shift.ts'
import type { ImageJudge } from '../image/frame.ts'
import { createImageJudge } from '../image/image-judge.ts'
import { ProbeModel, type ToldOfProbe } from '../probe/probe-model.ts'
import { deviceReading, noneDiscarded, timing } from './device-reading.ts'
import type { Measure, Measured, MeasureOptions } from './measure.ts'
import type { StampTiming } from './worst-timing.ts'

/** Tells what is to be told of a camera probe, by its driver's words and by its pictures. */
export function createProbeMeasure({
  sensor,
  settleMs = 0,
  learnt,
}: Pick<MeasureOptions, 'sensor' | 'settleMs' | 'learnt'>): Measure {
  const discarded = noneDiscarded()
  const model = new ProbeModel({ settleMs })
  let judge: ImageJudge | null = null
  // A probe without pictures needs no judge, and there are many of them.
  let known = learnt
  const judgeOf = () => {
    judge ??= createImageJudge(known)
    return judge
  }
  const reading = (told: ToldOfProbe | null, at: Instant, worth: StampTiming): Reading[] =>
    told === null
      ? []
      : [{ kind: 'probe', sensor, channel: null, measuredAt: at, ...timing(worth), fields: fieldsOf(told) }]
  return {
    discarded,
    end: () => [],
    push(measured: Measured): Reading[] {
      if (measured.kind === 'device') return [deviceReading(sensor, measured)]
      if (measured.kind === 'probe') return reading(model.word(measured), measured.at, measured)
      if (measured.kind === 'frame')
        return reading(model.picture(judgeOf().push(measured), measured.at), measured.at, measured)
      discarded.badBlocks++
      return []
    },
    tick: (at, worth) => reading(model.tick(at), at, worth),
    restamp(shift) {
      const clock = 'unsynchronised'
      model.restamp((at) => (isMoved(shift, { at, clock }) ? ((at + shift.byMs) as Instant) : at))
      return []
    },
    learnt: () => judge?.snapshot(),
    relearn() {
      known = undefined
      judge = null
      model.forgetPictures()
    },
  }
}

const fieldsOf = ({ status, since, cause, confidence, clockOffsetS }: ToldOfProbe): FieldsOf<'probe'> => ({
  status,
  sinceMs: since,
  cause,
  confidence,
  clockOffsetS,
})
