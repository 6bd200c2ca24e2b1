ADD JAR /x/y.jar;
