-- Facts. Append-only: rows are written inside a change and never touched again.

create table changes (
    change_id bigint primary key,
    done_at   timestamp not null,            -- UTC
    who       varchar not null,
    what      varchar not null,
    via       varchar not null check (via in ('screen', 'api', 'import', 'automation', 'command line')),
    key       varchar unique,                -- the caller's word for "this very act": known means done
    undoes    bigint,
    restores  bigint                         -- where an undo is itself undone: the change that counts again
);

-- Versions: the newest row of a key is in force; `gone` takes back a row that should never have been.

create table item_versions (
    change_id bigint not null,
    item_id   bigint not null,
    sku       varchar not null,
    name      varchar not null,
    category  varchar,
    unit      varchar not null default 'piece',
    cost      decimal(18, 4),
    price     decimal(18, 4),
    same_as   bigint,                        -- merged into this item: its history follows
    active    boolean not null default true,
    gone      boolean not null default false
);

create table barcode_versions (
    change_id bigint not null,
    code      varchar not null,
    item_id   bigint not null,
    pack      decimal(18, 4) not null default 1,
    active    boolean not null default true,
    gone      boolean not null default false
);

create table place_versions (
    change_id bigint not null,
    place     varchar not null,              -- the place's short name, which movements carry
    name      varchar not null,
    active    boolean not null default true,
    gone      boolean not null default false
);

create table supplier_versions (
    change_id   bigint not null,
    supplier_id bigint not null,
    name        varchar not null,
    email       varchar,
    phone       varchar,
    lead_days   decimal(18, 4),              -- promised, from order to receipt
    min_order   decimal(18, 4),              -- money
    active      boolean not null default true,
    gone        boolean not null default false
);

create table supply_versions (               -- what a supplier sells us
    change_id   bigint not null,
    item_id     bigint not null,
    supplier_id bigint not null,
    code        varchar,                     -- the supplier's own code
    cost        decimal(18, 4),
    pack        decimal(18, 4),              -- pieces a pack: orders are whole packs
    moq         decimal(18, 4),              -- smallest order, pieces
    lead_days   decimal(18, 4),
    preferred   boolean not null default true,
    active      boolean not null default true,
    gone        boolean not null default false
);

create table policy_versions (               -- what a manager has set, by scope: shop, class:A, item:17
    change_id bigint not null,
    scope     varchar not null,
    name      varchar not null,
    value     varchar not null,
    active    boolean not null default true,
    gone      boolean not null default false
);

create table mapping_versions (              -- how files of one form were understood, by their header
    change_id bigint not null,
    signature varchar not null,
    kind      varchar not null,
    columns   varchar not null,              -- JSON: our field -> their column
    answers   varchar not null,              -- JSON: what was asked -> what was said
    off       varchar not null,              -- JSON: rules that were switched off
    active    boolean not null default true,
    gone      boolean not null default false
);

create table movements (
    change_id   bigint not null,
    line        integer not null,
    happened_at timestamp not null,          -- UTC
    day         date not null,               -- the shop's day
    kind        varchar not null,
    item_id     bigint not null,
    place       varchar not null,
    qty         decimal(18, 4) not null,     -- into stock positive, out of it negative, base unit of the item
    unit_cost   decimal(18, 4),
    unit_price  decimal(18, 4),
    lot         varchar,
    expires     date,
    ref         varchar,                     -- the document: invoice, purchase order, delivery note
    note        varchar,
    takes_back  date,                        -- a cancelled sale: the day whose demand it takes back
    order_id    bigint,                      -- a receipt or return: the purchase order it belongs to
    file_id     bigint,
    source_row  bigint,
    stays       boolean not null default false   -- posted by an undo so that what was counted holds: no undo takes it back
);

create table counts (                        -- what stood in a place, as somebody counted it; openings and differences follow from it
    change_id  bigint not null,
    item_id    bigint not null,
    place      varchar not null,
    counted_at timestamp not null,           -- UTC; the end of the day where no more is known
    day        date not null,                -- the shop's day
    on_hand    decimal(18, 4) not null,
    unit_cost  decimal(18, 4),
    file_id    bigint,
    source_row bigint
);

-- Documents

create table orders (                        -- purchase orders; the newest row of an order is in force
    change_id   bigint not null,
    order_id    bigint not null,
    number      varchar not null,
    supplier_id bigint,
    ordered     date not null,
    expected    date,
    invented    boolean not null default false   -- no document gave a number: we did
);

create table order_lines (                   -- they add up: a later change of the quantity is a further row
    change_id bigint not null,
    order_id  bigint not null,
    line      integer not null,
    item_id   bigint not null,
    qty       decimal(18, 4) not null,
    given_up  decimal(18, 4) not null default 0,   -- pieces that will not come any more
    unit_cost decimal(18, 4),
    day       date                           -- since when it holds; empty: since the order was placed
);

create table order_steps (                   -- draft, approved, sent, received in part, closed, cancelled
    change_id bigint not null,
    order_id  bigint not null,
    step      varchar not null,
    day       date not null
);

create table import_files (                  -- one row a table of a file
    change_id bigint not null,
    file_id   bigint not null,
    name      varchar not null,
    sheet     varchar,
    sha256    varchar not null,
    kind      varchar not null,
    mapping   varchar not null,              -- JSON: our field -> their column
    lines     bigint not null,
    used      bigint not null,
    joined    bigint not null,
    set_aside bigint not null,
    refused   bigint not null
);

create table import_lines (                  -- every line that was not used, with the reason; nothing is lost
    change_id bigint not null,
    file_id   bigint not null,
    source_row bigint not null,
    outcome   varchar not null,              -- joined, set aside, refused; used, where one of its cells could not be read
    reason    varchar not null,
    content   varchar not null               -- JSON: their column -> value
);

create table forecast_runs (
    change_id bigint not null,
    run_id    bigint not null,
    day       date not null,                 -- knows demand up to and with this day
    freq      varchar not null,
    horizon   integer not null,
    levels    double[] not null,
    items     integer not null,
    seconds   double not null
);

create table forecast_points (
    change_id bigint not null,
    run_id    bigint not null,
    item_id   bigint not null,
    ds        date not null,
    model     varchar not null,
    mean      double not null,
    quantiles double[] not null              -- in the order of the run's levels
);
