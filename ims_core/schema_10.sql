-- Of which product an item is a combination (a size, a colour): both may tell how many there are, and that is one stock.

create table combination_versions (
    change_id bigint not null,
    item_id   bigint not null,
    product   varchar not null,              -- as its shop names the product: its number there, or its code
    active    boolean not null default true,
    gone      boolean not null default false
);
