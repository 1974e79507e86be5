-- Objectives.

create table target_versions (               -- what a KPI should be, of the whole shop or a part of it
    change_id bigint not null,
    kpi       varchar not null,
    scope     varchar not null,              -- shop, or what it is looked at by and which: category:Tea, place:Cellar
    target    double not null,
    threshold double not null,               -- from here on it is off; between the two it is near
    owner     varchar not null,
    active    boolean not null default true,
    gone      boolean not null default false
);
