import {
  createMotorProfile,
  type ExpectedMotor,
  type Heard,
  learnMotor,
  motorLikeness,
  NO_MOTOR,
} from '@minewarden/cloud/core/detection/machine/expected-motor.ts'
import { describe, expect, it } from 'vitest'

const REGISTERED: ExpectedMotor = { ...NO_MOTOR, registered: true }
const ONSET = 1_000_000
const heard = (changes: Partial<Heard> = {}): Heard => ({
  onsetMs: ONSET,
  tones: [24.5, 24.52, 24.48, 24.5, 24.51],
  bandsDb: [0, 0, 1, 14, 9, 4],
  kurtosis: 3,
  ...changes,
})

describe('an expected motor', () => {
  it('is a still line at an induction motor’s speed, however loud it was from the first day', () => {
    expect(motorLikeness(heard(), REGISTERED, createMotorProfile())).toBe(1)
    expect(motorLikeness(heard({ tones: [21.4, 21.4, 21.4, 21.4] }), REGISTERED, createMotorProfile())).toBe(0)
    expect(motorLikeness(heard({ tones: [24.5, 24.9, 24.1, 24.6, 24.2] }), REGISTERED, createMotorProfile())).toBe(0)
  })

  it('must be weak where none is registered', () => {
    expect(motorLikeness(heard(), NO_MOTOR, createMotorProfile())).toBe(0)
    expect(motorLikeness(heard({ bandsDb: [0, 0, 1, 5, 4, 4] }), NO_MOTOR, createMotorProfile())).toBe(1)
  })

  it('does not hide a second machine that stands above its learnt spectrum', () => {
    const profile = createMotorProfile()
    for (let i = 0; i < 4; i++) learnMotor(profile, heard().bandsDb)
    expect(motorLikeness(heard({ bandsDb: [0, 0, 1, 16, 10, 5] }), REGISTERED, profile)).toBe(1)
    expect(motorLikeness(heard({ bandsDb: [0, 0, 1, 16, 10, 14] }), REGISTERED, profile)).toBe(0)
  })

  it('is not learnt up by a level that rises night by night', () => {
    const profile = createMotorProfile()
    for (let i = 0; i < 4; i++) learnMotor(profile, heard().bandsDb)
    for (let night = 0; night < 10; night++) learnMotor(profile, [0, 0, 1, 14 + 2 * night, 9, 4])
    expect(profile.bandsDb[3]).toBeLessThan(20)
  })

  it('is another motor while a meter shows that nothing expected runs, or that something strange does', () => {
    const profile = createMotorProfile()
    expect(motorLikeness(heard(), { ...REGISTERED, idleUntilMs: ONSET + 1 }, profile)).toBe(0)
    expect(motorLikeness(heard(), { ...REGISTERED, idleUntilMs: ONSET - 1 }, profile)).toBe(1)
    expect(motorLikeness(heard(), { ...REGISTERED, strangeSinceMs: ONSET - 5000 }, profile)).toBe(0)
  })

  it('needs no line where it begins with its load, blows apart', () => {
    const began: ExpectedMotor = { ...REGISTERED, beganMs: [ONSET - 5000, ONSET] }
    expect(motorLikeness(heard({ tones: [] }), began, createMotorProfile())).toBe(1)
    expect(motorLikeness(heard({ tones: [], onsetMs: ONSET + 120_000 }), began, createMotorProfile())).toBe(0)
    const profile = createMotorProfile()
    learnMotor(profile, heard().bandsDb)
    expect(motorLikeness(heard({ tones: [], onsetMs: ONSET + 120_000 }), began, profile)).toBe(1)
    expect(motorLikeness(heard({ tones: [], kurtosis: 12 }), began, createMotorProfile())).toBe(0)
  })
  it('is believed until a meter that reads each minute has told of it', () => {
    const waits: ExpectedMotor = { ...REGISTERED, toldUntilMs: ONSET - 1000 }
    expect(motorLikeness(heard({ tones: [] }), waits, createMotorProfile())).toBe(1)
    expect(motorLikeness(heard({ tones: [] }), { ...waits, toldUntilMs: ONSET + 1000 }, createMotorProfile())).toBe(0)
  })
})
