import { type GradeFacts, orderGradeOf } from '@minewarden/cloud/core/detection/order-grade.ts'
import { type Contributions, createBelief } from '@minewarden/cloud/core/detection/site-belief.ts'
import { OrderGrade } from '@minewarden/protocol/finding.ts'
import { describe, expect, it } from 'vitest'

const NOTHING: Contributions = createBelief().support
const gradeOf = (contributions: Partial<Contributions>, changes: Partial<GradeFacts> = {}) =>
  orderGradeOf({
    contributions: { ...NOTHING, ...contributions },
    air: false,
    motorKw: 22,
    ratedKw: 5.5,
    covered: false,
    lateKinds: [],
    ...changes,
  })
const codes = (grade: OrderGrade) => grade.because.map(({ code }) => code)

describe('evidence of order grade', () => {
  it('is of two kinds of sensor and two causes', () => {
    const grade = gradeOf({ blasts: 4, motor: 5 })
    expect(grade).toMatchObject({
      met: true,
      kinds: ['geophone', 'power-meter'],
      causes: ['blast', 'work'],
      because: [],
    })
    expect(OrderGrade.safeParse(grade).success).toBe(true)
  })

  it.each<[string, Partial<Contributions>, string[]]>([
    ['a machine that is heard and metered: one cause', { machinery: 4, together: 3, motor: 5 }, ['grade-few-causes']],
    ['blast and drill: one kind of sensor', { blasts: 5, drilling: 4 }, ['grade-few-kinds']],
    ['machines alone: a neighbour may have them', { machinery: 6 }, ['grade-few-kinds', 'grade-few-causes']],
    ['nothing', {}, ['grade-few-kinds', 'grade-few-causes']],
    ['two weak hints', { blasts: 1.5, motor: 1.5 }, ['grade-few-kinds', 'grade-few-causes']],
  ])('is not %s', (_, contributions, missing) => {
    const grade = gradeOf(contributions)
    expect(grade.met).toBe(false)
    expect(codes(grade)).toEqual(missing)
  })

  it('is not what a worn pump may draw', () => {
    const grade = gradeOf({ blasts: 4, motor: 5 }, { motorKw: 1.5 })
    expect(grade.met).toBe(false)
    expect(codes(grade)).toContain('grade-explained-load')
  })

  it('is load of any size where nothing is registered', () => {
    expect(gradeOf({ blasts: 4, motor: 5 }, { motorKw: 0.8, ratedKw: 0 }).met).toBe(true)
  })

  it('leaves out sensors whose readings came late', () => {
    const grade = gradeOf({ blasts: 4, motor: 5 }, { lateKinds: ['power-meter'] })
    expect(grade.met).toBe(false)
    expect(codes(grade)).toContain('grade-late')
  })

  it('is never met under a permit that stands', () => {
    expect(codes(gradeOf({ blasts: 4, motor: 5, probes: 3 }, { covered: true }))).toEqual(['grade-permit'])
  })

  it('counts ground and air of one blast as one cause', () => {
    expect(gradeOf({ blasts: 6 }, { air: true })).toMatchObject({
      met: false,
      kinds: ['geophone', 'air-pressure'],
      causes: ['blast'],
    })
  })
})
