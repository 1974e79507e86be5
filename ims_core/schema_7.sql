-- Customer orders: what was promised to customers, and kept. They move no stock; sales do.

create table customer_order_lines (
    change_id   bigint not null,
    number      varchar not null,
    line        integer not null,
    item_id     bigint not null,
    place       varchar,
    ordered     date not null,
    promised    date,
    shipped     date,                        -- empty: nothing left yet, or nobody said when
    qty         decimal(18, 4) not null,
    shipped_qty decimal(18, 4) not null,
    closed      boolean not null,            -- the rest will not be shipped any more
    known_to    date not null,               -- the last day its file knows of: the newest word on an order counts, all its lines together
    file_id     bigint,
    source_row  bigint
);
