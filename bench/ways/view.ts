/** A made-up event of `recomart.transactions`. */
export const view = (i: number) => ({
  user_id: i,
  item_id: 150,
  view_mode: 'purchase',
  rating: 5,
  timestamp: '2026-01-27T10:30:00',
});
