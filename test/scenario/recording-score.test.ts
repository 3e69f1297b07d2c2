import { describe, expect, it } from 'vitest'
import { addScores, type Labels, scoreRecording } from '../support/recording-score.ts'

const at = (s: number) => new Date(Date.parse('2026-03-01T14:00:00Z') + 1000 * s).toISOString()
const labels: Labels = {
  events: [
    { site: 'a', onset: at(100), class: 'blast', durationS: 2, where: 'here' },
    { site: 'a', onset: at(300), class: 'blast', durationS: 8, where: 'far' },
    { site: 'a', onset: at(500), class: 'earthquake', durationS: 30, where: 'far' },
  ],
  reopened: [{ site: 'a', from: at(1000), to: at(4000) }],
  sensorHours: 2,
}
const blast = (s: number, site = 'a') => ({ site, onset: at(s), class: 'blast' })
const state = (s: number, name: string, site = 'a') => ({ site, at: at(s), state: name })
const score = (
  events: readonly { site: string; onset: string; class: string }[],
  states: readonly ReturnType<typeof state>[] = [],
) => scoreRecording(labels, { events, states })

describe('the score of a recording', () => {
  it('a near blast is found within two seconds, on its own site', () => {
    expect(score([blast(101.9)]).blastsFound).toBe(1)
    expect(score([blast(102.1)]).blastsFound).toBe(0)
    expect(score([blast(100, 'b')]).blastsFound).toBe(0)
  })

  it('a blast where none was is false; one during a labelled blast or earthquake is not', () => {
    expect(score([blast(200)]).falseBlasts).toBe(1)
    expect(score([blast(100, 'b')]).falseBlasts).toBe(1)
    expect(score([blast(103), blast(305), blast(510)]).falseBlasts).toBe(0)
  })

  it('an earthquake called a blast is counted once, and is seen', () => {
    const { quakesCalledBlast, farSeen } = score([blast(505), blast(520)])
    expect([quakesCalledBlast, farSeen]).toEqual([1, 1])
  })

  it('a reopening is found while it goes on, as late as the change to it', () => {
    expect(score([], [state(900, 'watch'), state(1120, 'reopened')]).delaysMin).toEqual([2])
    expect(score([], [state(1120, 'suspected')]).delaysMin).toEqual([])
    expect(score([], [state(4100, 'reopened')])).toMatchObject({ delaysMin: [], falseReopenings: 0 })
  })

  it('a change to reopened at another time is false, each anew, and holds into the reopening', () => {
    const states = [state(100, 'reopened'), state(200, 'reopened'), state(300, 'sealed'), state(400, 'reopened')]
    expect(score([], states)).toMatchObject({ falseReopenings: 2, delaysMin: [0] })
    expect(score([], [state(1500, 'reopened', 'b')]).falseReopenings).toBe(1)
  })

  it('scores add up', () => {
    const sum = addScores([score([blast(100)]), score([blast(200)])])
    expect(sum).toMatchObject({ blasts: 2, blastsFound: 1, falseBlasts: 1, sensorHours: 4 })
  })
})
