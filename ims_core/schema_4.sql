-- Counting.

create table count_sheets (                  -- what somebody set out to count
    change_id bigint not null,
    sheet_id  bigint not null,
    title     varchar not null,
    day       date not null,                 -- the shop's day on which it was opened
    blind     boolean not null               -- whoever counts does not see what the book says
);

create table count_lines (                   -- what stands on a sheet: chosen when it was opened, or found while counting
    change_id bigint not null,
    sheet_id  bigint not null,
    item_id   bigint not null,
    place     varchar not null,
    book      decimal(18, 4) not null,       -- at that moment
    class     varchar not null,              -- A, B or C, which decides the tolerance
    why       varchar not null               -- turn, chance, suspicion, picked, found
);

create table count_entries (                 -- what somebody counted, entry by entry
    change_id  bigint not null,
    sheet_id   bigint not null,
    line       integer not null,             -- counts on within the sheet
    item_id    bigint not null,
    place      varchar not null,
    round      integer not null,             -- 2: counted again
    qty        decimal(18, 4) not null,
    adds       boolean not null,             -- a beep adds; what was typed takes the place of what came before
    counted_at timestamp not null            -- UTC
);

create table count_steps (                   -- counted: the first count is over; booked, cancelled
    change_id bigint not null,
    sheet_id  bigint not null,
    step      varchar not null
);

create table count_results (                 -- what was booked, with what the book said then
    change_id  bigint not null,
    sheet_id   bigint not null,
    item_id    bigint not null,
    place      varchar not null,
    counted_at timestamp not null,
    counted    decimal(18, 4) not null,
    book       decimal(18, 4) not null,
    unit_value decimal(18, 4),               -- cost, else price; empty where neither is known
    class      varchar not null,
    why        varchar not null,
    known      boolean not null,             -- false: nobody had ever counted it, so there is no book to be wrong
    recounted  boolean not null,
    reason     varchar
);
