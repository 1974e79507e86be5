-- What needs attention, as it was noticed, and where it is told.

create table alerts (                        -- the first row of an alert is when it was raised, later ones are its newest words
    change_id bigint not null,
    alert_id  bigint not null,
    rule      varchar not null,
    subject   varchar not null,              -- what it is about; while a condition holds, rule and subject stand once
    item_id   bigint,
    place     varchar,
    since     date not null,
    what      varchar not null,
    money     decimal(18, 4)                 -- at stake, in the shop's currency
);

create table alert_ends (                    -- the condition holds no more
    change_id bigint not null,
    alert_id  bigint not null
);

create table alert_steps (                   -- what people did about it; the newest of each kind counts
    change_id bigint not null,
    alert_id  bigint not null,
    step      varchar not null check (step in ('snoozed', 'resolved', 'reopened', 'assigned')),
    until     date,                          -- snoozed: the day on which it comes back
    person    varchar,                       -- assigned: to whom; empty: to nobody
    note      varchar
);

create table channel_versions (              -- where messages go; the address is a secret
    change_id  bigint not null,
    channel_id bigint not null,
    name       varchar not null,
    url        varchar not null,
    active     boolean not null default true
);

create table messages (                      -- what is to be told, written down before it is sent
    change_id  bigint not null,
    message_id bigint not null,
    channel_id bigint not null,
    urgent     boolean not null,
    written_at timestamp not null,           -- UTC
    day        date not null,                -- the shop's day
    title      varchar not null,
    body       varchar not null,
    alerts     bigint[] not null
);

create table message_tries (
    change_id  bigint not null,
    message_id bigint not null,
    tried_at   timestamp not null,           -- UTC
    ok         boolean not null,
    says       varchar                       -- why not
);
