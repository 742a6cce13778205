CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, price int NOT NULL);
CREATE TABLE stock (id int PRIMARY KEY REFERENCES item, sold int NOT NULL DEFAULT 0);
CREATE TABLE purchase (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), visitor text, items int);
INSERT INTO item SELECT n, 'item ' || n, 100 + n * 7 % 900 FROM generate_series(1, 200) AS n;
INSERT INTO stock (id) SELECT id FROM item;
