using System.Text.Json.Nodes;
using Tarn.Core;
using Xunit;
using static Tarn.Lake.Tests.RawTable;

namespace Tarn.Lake.Tests;

/// <summary>Tables as other engines lay them out: values of partitions of every type, columns under other names and ids, types that became wider.</summary>
public sealed class PhysicalLayoutTests
{
    [Fact]
    public async Task Partition_values_of_every_type_are_those_of_the_log()
    {
        await using var lake = new SqlLake();
        string[] types = ["boolean", "byte", "short", "integer", "long", "float", "double", "decimal(12,3)", "string", "binary", "date", "timestamp", "timestamp_ntz"];
        var names = types.Select(static t => $"p {t.Replace(',', '_')}%").ToArray();
        var schema = Struct([Field("x", "long"), .. types.Select((t, i) => Field(names[i], t))]);
        var table = new RawTable(lake.Root, "silver.a").Schema(schema, features: ["timestampNtz"], partitionBy: names);
        string?[][] rows =
        [
            ["true", "-128", "-32768", "2147483647", "-9223372036854775808", "1.5", "NaN", "-123456789.123", " a b%/:=?é'\"", "\u0001\u0000é", "1582-10-15", "1899-12-31 23:59:59.123456", "0001-01-01 00:00:00"],
            ["false", "127", "0", "-1", "5000000000", "-Infinity", "1.0E10", "0.001", "__HIVE_DEFAULT_PARTITION__", "a", "1969-12-31", "2021-09-08T11:11:11.000000Z", "9999-12-31 23:59:59.999999"],
            [null, "", null, "", null, "", null, "", "", "", null, "", null],
        ];
        for (var i = 0; i < rows.Length; i++)
        {
            table.Add($"SELECT {i}::BIGINT AS x", partition: names.Zip(rows[i]).ToDictionary(static p => p.First, static p => p.Second));
        }

        var columns = string.Join(", ", names.Select(static n => n.Contains("binary", StringComparison.Ordinal) ? $"hex(\"{n}\")" : $"\"{n}\"::VARCHAR"));
        Assert.Equal(
            "true,-128,-32768,2147483647,-9223372036854775808,1.5,nan,-123456789.123, a b%/:=?é'\",0100C3A9,1582-10-15,1899-12-31 23:59:59.123456+00,0001-01-01 00:00:00"
            + "|false,127,0,-1,5000000000,-inf,10000000000.0,0.001,__HIVE_DEFAULT_PARTITION__,61,1969-12-31,2021-09-08 11:11:11+00,9999-12-31 23:59:59.999999"
            + "|" + string.Join(',', Enumerable.Repeat("null", 13)),
            await lake.TextAsync($"SELECT {columns} FROM silver.a ORDER BY x"));
        for (var i = 0; i < types.Length; i++)
        {
            var value = types[i] == "binary" ? "encode('a')" : $"CAST('{rows[1][i]}' AS {(types[i] == "byte" ? "TINYINT" : types[i] == "timestamp_ntz" ? "TIMESTAMP" : types[i] == "timestamp" ? "TIMESTAMPTZ" : types[i])})";
            Assert.Equal("1", await lake.TextAsync($"SELECT x FROM silver.a WHERE \"{names[i]}\" = {value}"));
            Assert.Equal("2", await lake.TextAsync($"SELECT x FROM silver.a WHERE \"{names[i]}\" IS NULL"));
        }
    }

    [Fact]
    public async Task Types_that_became_wider_are_read_in_the_wide_type_at_any_depth()
    {
        await using var lake = new SqlLake();
        (string Wide, string Narrow, string Value)[] columns =
        [
            ("short", "TINYINT", "-7"), ("integer", "TINYINT", "7"), ("long", "SMALLINT", "-300"), ("long", "INTEGER", "70000"), ("double", "INTEGER", "3"), ("double", "FLOAT", "1.5"),
            ("decimal(12,2)", "DECIMAL(5,2)", "123.45"), ("decimal(20,4)", "DECIMAL(10,2)", "-1.25"), ("decimal(12,2)", "INTEGER", "12"), ("decimal(22,2)", "BIGINT", "1234567890123"), ("timestamp_ntz", "DATE", "'1890-01-02'"),
        ];
        var primitives = columns.Select((c, i) => Field($"c{i}", c.Wide)).ToArray();
        var nested = columns.Select((c, i) => Field($"n{i}", Struct(Field("a", Array(c.Wide)), Field("m", Map("integer", Struct(Field("v", c.Wide))))))).ToArray();
        new RawTable(lake.Root, "silver.a").Schema(Struct([.. primitives, .. nested]), features: ["typeWidening", "timestampNtz"]).Add("SELECT " + string.Join(", ", columns.Select((c, i) =>
            $"{c.Value}::{c.Narrow} AS c{i}, {{a: [{c.Value}::{c.Narrow}, NULL], m: MAP {{1::TINYINT: {{v: {c.Value}::{c.Narrow}}}, 2::TINYINT: NULL}}}} AS n{i}")));
        for (var i = 0; i < columns.Length; i++)
        {
            var type = columns[i].Wide == "timestamp_ntz" ? "TIMESTAMP" : columns[i].Wide;
            Assert.Equal("True,True,True,True", await lake.TextAsync(
                $"SELECT c{i} = {columns[i].Value}::{type}, n{i}.a[1] = c{i} AND n{i}.a[2] IS NULL AND len(n{i}.a) = 2, n{i}.m[1].v = c{i} AND n{i}.m[2] IS NULL, typeof(n{i}.m[1].v) = typeof({columns[i].Value}::{type}) FROM silver.a"));
        }
    }

    [Theory]
    [InlineData("name")]
    [InlineData("id")]
    public async Task Renamed_columns_and_fields_are_found_by_physical_names_and_ids(string mode)
    {
        await using var lake = new SqlLake();
        JsonObject Item(int id) => Struct(Field("new inner", "string", id, $"col-inner-{id}"), Field("n", "integer", id + 1, $"col-n-{id}"));
        var schema = Struct(
            Field("Renamed Col", "long", 1, "col-a"),
            Field("readded", "string", 9, "col-readded-2"),
            Field("s", Item(20), 2, "col-s"),
            Field("list", Array(Item(30)), 3, "col-list"),
            Field("map", Map("string", Item(40)), 4, "col-map"),
            Field("deep", Array(Map("string", Array(Item(50)))), 5, "col-deep"),
            Field("part", "string", 6, "col-part"));
        static string Value(int id, string text) => $"{{'col-inner-{id}': {text}, 'col-n-{id}': 1::TINYINT}}";
        static string Ids(int id) => $"'col-inner-{id}': {id}, 'col-n-{id}': {id + 1}";
        var ids = $", FIELD_IDS {{'col-a': 1, 'col-dropped': 8, 'col-s': {{__duckdb_field_id: 2, {Ids(20)}}}, 'col-list': {{__duckdb_field_id: 3, element: {{{Ids(30)}}}}}, "
            + $"'col-map': {{__duckdb_field_id: 4, key: 41000, value: {{{Ids(40)}}}}}, 'col-deep': {{__duckdb_field_id: 5, element: {{key: 51000, value: {{element: {{{Ids(50)}}}}}}}}}}}";
        new RawTable(lake.Root, "silver.a").Schema(schema, mode, null, "part").Add(
            $"SELECT 1 AS \"col-a\", 'old' AS \"col-dropped\", {Value(20, "'s'")} AS \"col-s\", [{Value(30, "'l'")}, NULL] AS \"col-list\", MAP {{'k': {Value(40, "NULL")}, 'z': NULL}} AS \"col-map\", "
            + $"[MAP {{'d': [{Value(50, "'deep'")}, NULL]}}, NULL] AS \"col-deep\"",
            ids,
            new Dictionary<string, string?> { ["col-part"] = "p" });
        Assert.Equal("1,null,s,1,l,1,True,null,True,deep,True,True,p", await lake.TextAsync(
            """
            SELECT "Renamed Col", readded, s."new inner", s.n, list[1]."new inner", list[1].n, list[2] IS NULL, map['k']."new inner", map['z'] IS NULL,
                   deep[1]['d'][1]."new inner", deep[1]['d'][2] IS NULL, deep[2] IS NULL, part FROM silver.a
            """));
        Assert.Equal("1", await lake.TextAsync("SELECT count(*) FROM silver.a WHERE s IS NOT NULL AND part = 'p' AND \"renamed col\" < 2"));
    }

    [Fact]
    public async Task By_ids_a_file_is_read_rightly_whatever_its_names_are_at_any_depth()
    {
        await using var lake = new SqlLake();
        var schema = Struct(
            Field("x", "long", 1, "col-x"),
            Field("s", Struct(Field("a", "string", 3, "col-a"), Field("b", "integer", 4, "col-b")), 2, "col-s"),
            Field("l", Array(Struct(Field("c", "string", 6, "col-c"))), 5, "col-l"));
        new RawTable(lake.Root, "silver.a").Schema(schema, "id")
            .Add("SELECT 1::BIGINT AS \"col-x\", {'col-a': 'one', 'col-b': 10} AS \"col-s\", [{'col-c': 'c1'}] AS \"col-l\"", ", FIELD_IDS {'col-x': 1, 'col-s': {__duckdb_field_id: 2, 'col-a': 3, 'col-b': 4}, 'col-l': {__duckdb_field_id: 5, element: {'col-c': 6}}}")
            .Add("SELECT {'col-b': 'two', y: 20} AS \"col-x\", [{other: 'c2'}] AS z, 2::BIGINT AS \"col-s\"", ", FIELD_IDS {'col-x': {__duckdb_field_id: 2, 'col-b': 3, y: 4}, z: {__duckdb_field_id: 5, element: {other: 6}}, 'col-s': 1}");
        Assert.Equal("1,one,10,c1|2,two,20,c2", await lake.TextAsync("SELECT x, s.a, s.b, l[1].c FROM silver.a ORDER BY x"));
        Assert.Equal("2,two", await lake.TextAsync("SELECT x, s.a FROM silver.a WHERE x = 2"));
    }

    [Fact]
    public async Task Nulls_at_every_depth_and_case_and_order_of_names_in_files_change_nothing()
    {
        await using var lake = new SqlLake();
        var schema = Struct(Field("A", "long"), Field("b", Struct(Field("Inner", "string"), Field("list", Array("integer")))), Field("m", Map("string", Array("double"))), Field("late", "string"));
        new RawTable(lake.Root, "silver.a").Schema(schema)
            .Add("SELECT MAP {'k': [1.5, NULL], 'n': NULL} AS M, {list: [1, NULL], 'inner': 'x'} AS B, 1::INTEGER AS a")
            .Add("SELECT NULL::BIGINT AS A, NULL::STRUCT(\"Inner\" VARCHAR, list INTEGER[]) AS b, NULL::MAP(VARCHAR, DOUBLE[]) AS m, 'l' AS late")
            .Add("SELECT 3::BIGINT AS A, {'Inner': NULL::VARCHAR, list: NULL::INTEGER[]} AS b, MAP {}::MAP(VARCHAR, DOUBLE[]) AS m, NULL::VARCHAR AS late");
        Assert.Equal("1,x,2,True,True,null|3,null,null,null,null,null|null,null,null,null,null,l", await lake.TextAsync(
            "SELECT A, b.\"Inner\", len(b.list), m['k'][2] IS NULL AND m['k'][1] = 1.5 OR NULL, (map_contains(m, 'n') AND m['n'] IS NULL) OR NULL, late FROM silver.a ORDER BY A NULLS LAST"));
        Assert.Equal("1", await lake.TextAsync("SELECT count(*) FROM silver.a WHERE b IS NULL"));
    }
}
