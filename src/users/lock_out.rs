//! The SQL of how near people are to being locked out: the rule of [`crate::ways_in`], shared by its page and the list of people. One statement whatever the
//! number of people; what it reads of passkeys is an index (migration 0041).

/// What people have, joined to them: `p` and `c`. `$since` is the placeholder of the instant since when a passkey counts as confirmed, `$id` the person's.
///
/// SQLite gathers for everybody at once. PostgreSQL looks each person up: it guesses that hardly anybody is active before it has counted, and would then hold
/// everybody's gathered passkeys against each person in turn, which took minutes for 100,000. Measured with as many (tests/it/ways_in.rs).
macro_rules! lock_out_joins {
    (postgres, $since:literal, $id:literal) => {
        concat!(
            "LEFT JOIN LATERAL (SELECT COUNT(*) AS total, COUNT(CASE WHEN COALESCE(k.last_used_at, k.created_at) > ",
            $since,
            " THEN 1 END) AS live, COUNT(CASE WHEN COALESCE(k.last_used_at, k.created_at) > ",
            $since,
            " AND k.backup_state THEN 1 END) AS live_synced FROM passkeys k WHERE k.user_id = ",
            $id,
            ") p ON TRUE LEFT JOIN LATERAL (SELECT COUNT(*) AS unused FROM recovery_codes r WHERE r.used_at IS NULL AND r.user_id = ",
            $id,
            ") c ON TRUE "
        )
    };
    (sqlite, $since:literal, $id:literal) => {
        concat!(
            "LEFT JOIN (SELECT user_id, COUNT(*) AS total, COUNT(CASE WHEN COALESCE(last_used_at, created_at) > ",
            $since,
            " THEN 1 END) AS live, COUNT(CASE WHEN COALESCE(last_used_at, created_at) > ",
            $since,
            " AND backup_state THEN 1 END) AS live_synced FROM passkeys GROUP BY user_id) p ON p.user_id = ",
            $id,
            " LEFT JOIN (SELECT user_id, COUNT(*) AS unused FROM recovery_codes WHERE used_at IS NULL GROUP BY user_id) c ON c.user_id = ",
            $id,
            " "
        )
    };
}
pub(crate) use lock_out_joins;

/// The level of somebody joined so, as [`crate::ways_in::Risk`] writes it.
macro_rules! lock_out_risk {
    () => {
        "CASE WHEN COALESCE(p.total, 0) = 0 AND COALESCE(c.unused, 0) = 0 THEN 'no_way'
              WHEN COALESCE(p.live, 0) >= 2 OR (COALESCE(p.live, 0) = 1 AND COALESCE(c.unused, 0) >= 1) THEN 'low'
              WHEN COALESCE(p.live, 0) = 1 AND p.live_synced = 1 THEN 'one_account'
              ELSE 'one_thing' END"
    };
}
pub(crate) use lock_out_risk;
