CREATE DATABASE IF NOT EXISTS shop CHARACTER SET utf8mb4;
CREATE DATABASE IF NOT EXISTS reports CHARACTER SET utf8mb4;

USE shop;
CREATE TABLE IF NOT EXISTS customers (id INT PRIMARY KEY, name VARCHAR(80), created DATE);
CREATE TABLE IF NOT EXISTS info_order (id INT PRIMARY KEY, customer INT, amount DECIMAL(10, 2), created DATE);
CREATE TABLE IF NOT EXISTS leads (id INT PRIMARY KEY, name VARCHAR(80), note VARCHAR(200), created DATE);
REPLACE INTO customers VALUES
    (1, 'Aino O''Hara', '2026-09-30'), (2, 'Tomás', '2026-10-02'), (3, 'Zoë', '2026-10-17');
REPLACE INTO info_order VALUES
    (1, 1, 12.50, '2026-09-30'), (2, 2, 99.00, '2026-10-02'), (3, 1, 5.25, '2026-10-11'), (4, 3, 40.00, '2026-10-17'),
    (5, 3, 1.00, '2026-11-01');
REPLACE INTO leads VALUES
    (1, 'Li', 'wants a\ttab and a\nline', '2026-10-05'), (2, 'Kofi', NULL, '2026-10-06');

USE reports;
CREATE TABLE IF NOT EXISTS customers LIKE shop.customers;
CREATE TABLE IF NOT EXISTS info_order LIKE shop.info_order;
CREATE TABLE IF NOT EXISTS leads LIKE shop.leads;
