SET =x;
SET 'a' = b;
SET 'a' = 'b' 'c';
