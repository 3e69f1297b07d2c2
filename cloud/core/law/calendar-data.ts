import type { HolidayYear } from './rules.ts'

const days = (month: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${month}-${String(from + i).padStart(2, '0')}`)

/**
 * Holidays as the State Council announces them each November for the next year. The whole holiday counts, with the days
 * that were moved into it: less power is stopped so, never more. 2027 holds only the days that the regulation itself
 * fixes, by solar date and by the Chinese calendar; the county adds the announced ones in its own file.
 * @see 国务院办公厅关于2026年部分节假日安排的通知 (2025-11-04); 全国年节及纪念日放假办法 (2024) 第二条
 */
export const HOLIDAYS: readonly HolidayYear[] = [
  {
    year: 2026,
    announced: true,
    source: '国务院办公厅关于2026年部分节假日安排的通知（2025年11月4日）',
    days: [
      ...days('2026-01', 1, 3),
      ...days('2026-02', 15, 23),
      ...days('2026-04', 4, 6),
      ...days('2026-05', 1, 5),
      ...days('2026-06', 19, 21),
      ...days('2026-09', 25, 27),
      ...days('2026-10', 1, 7),
    ],
  },
  {
    year: 2027,
    announced: false,
    source: '全国年节及纪念日放假办法（2024年修订）第二条：仅列办法本身规定的日期，调休安排待国务院办公厅通知',
    days: [
      '2027-01-01',
      // 除夕 to 初三: the Chinese year begins on 2027-02-06.
      ...days('2027-02', 5, 8),
      // 清明
      '2027-04-05',
      ...days('2027-05', 1, 2),
      // 端午
      '2027-06-09',
      // 中秋
      '2027-09-15',
      ...days('2027-10', 1, 3),
    ],
  },
]
