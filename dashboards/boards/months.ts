import type { Board } from '../board.ts'
import { BY_STATE, NEUTRAL, worseFrom } from '../colours.ts'
import { lines, stretches } from '../panel.ts'
import { column, overTime } from '../query.ts'
import { both } from '../text.ts'
import { OF_SITE, stateMarks } from './common.ts'

const OF_MONTHS = { where: OF_SITE, tier: 'tenMinutes' } as const
const NO_WINDOW = both('此时段内没有十分钟窗', 'no ten-minute window in this span')

/** Beyond thirty days only windows of ten minutes are kept: two years of them. */
export const MONTHS: Board = {
  id: 'months',
  title: both('长期趋势', 'Months'),
  question: both('这个矿点几个月来有什么变化？', 'What has changed at this site over months?'),
  variables: ['county', 'township', 'site'],
  single: ['site'],
  back: '90d',
  page: '/sites/${site:percentencode}',
  marks: [stateMarks(OF_SITE)],
  panels: [
    lines({
      title: both('功率', 'Power'),
      what: both('平均与最大有功。', 'Mean and greatest active power.'),
      ...{ unit: 'watt', noData: NO_WINDOW, thresholds: NEUTRAL },
      queries: [
        overTime(
          'power',
          [
            column('mean("activePowerW_mean")', both('平均', 'mean')),
            column('max("activePowerW_max")', both('最大', 'greatest')),
          ],
          OF_MONTHS,
        ),
      ],
    }),
    lines({
      title: both('振动', 'Vibration'),
      what: both('平均与最大有效值。', 'Mean and greatest RMS.'),
      ...{ unit: 'suffix: µm/s', noData: NO_WINDOW, thresholds: NEUTRAL },
      queries: [
        overTime(
          'vibration',
          [
            column('mean("rmsMPerS_mean") * 1000000', both('平均', 'mean')),
            column('max("rmsMPerS_max") * 1000000', both('最大', 'greatest')),
          ],
          OF_MONTHS,
        ),
      ],
    }),
    lines({
      title: both('复采概率', 'Probability'),
      what: both('每窗的最大概率。', 'The greatest of each window.'),
      ...{ unit: 'percentunit', noData: NO_WINDOW, thresholds: worseFrom(0.5, 0.9), range: [0, 1] },
      queries: [overTime('site', [column('max("probability_max")', both('概率', 'probability'))], OF_MONTHS)],
    }),
    stretches({
      title: both('状态', 'State'),
      what: both('每窗的最高状态。', 'The highest state of each window.'),
      ...{ unit: 'none', noData: NO_WINDOW, thresholds: BY_STATE, values: 'states', height: 8 },
      queries: [overTime('site', [column('max("level_max")', both('状态', 'state'))], OF_MONTHS)],
    }),
  ],
}
