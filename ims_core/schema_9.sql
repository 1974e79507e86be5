-- Lines that were left out of a file or lacked a cell, and came back in a workbook of such lines.

create table lines_back (
    change_id bigint not null,
    file_id   bigint not null,               -- what they came back in
    name      varchar not null,              -- the file that they were first in
    source_row bigint not null               -- and their row there
);
