using Tarn.Core;
using Tarn.Native;
using Xunit;

namespace Tarn.Lake.Tests;

public sealed class RowMappingTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, 123, 456, TimeSpan.FromHours(-8));

    [Fact]
    public void Names_types_nullability_and_descriptions_come_from_the_properties()
    {
        var schema = RowMapping<Everything>.Instance.Schema;
        Assert.Equal(
            [
                "id:string!", "flag:boolean!", "maybe_flag:boolean", "tiny:byte!", "small:short!", "depth_km:integer", "count:long!", "maybe_count:long",
                "single:float!", "gap:double", "amount:decimal(38,18)", "price:decimal(9,2)!", "day:date!", "maybe_day:date", "time:timestamp!",
                "maybe_time:timestamp", "wall_clock:timestamp_ntz!", "raw:binary", "note:string", "uuid:string!", "kind:string!", "maybe_kind:string", "renamed_here:long!",
            ],
            schema.Columns.Select(static c => $"{c.Name}:{c.Type}{(c.Nullable ? "" : "!")}"));
        Assert.Equal("Depth below the surface, in kilometres.", schema.Find("depth_km")!.Description);
        Assert.Equal("A row of every type.", RowMapping<Everything>.Instance.Description);
        Assert.Equal("maybe_time", RowMapping<Everything>.Instance.ColumnOf((Everything e) => e.MaybeTime).Name);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(10_000)]
    public void Rows_come_back_as_they_went_in(int count)
    {
        var rows = Enumerable.Range(0, count).Select(Row).ToList();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        using var batch = RowMapping<Everything>.Instance.Load(connection, "rows", rows);
        using var result = connection.Query($"SELECT * FROM {batch.Sql} ORDER BY renamed_here");
        var back = RowMapping<Everything>.Instance.Read(result);
        Assert.Equal(count, batch.Rows);
        Assert.Equal(rows.Select(Comparable), back.Select(Comparable));
    }

    [Fact]
    public void Rows_that_are_no_list_or_array_are_written_too()
    {
        IReadOnlyList<Point> rows = new Queue<Point>([new(1, 2) { Z = 3 }, new(4, 5)]).ToArray().AsReadOnly();
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        using var batch = RowMapping<Point>.Instance.Load(connection, "points", rows);
        using var result = connection.Query($"SELECT z, y, x, 'more' AS more FROM {batch.Sql}");
        Assert.Equal(rows, RowMapping<Point>.Instance.Read(result));
    }

    [Fact]
    public void A_missing_nullable_column_reads_as_null_and_a_missing_other_one_is_named()
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        using (var result = connection.Query("SELECT 1::BIGINT AS x, 2::DOUBLE AS y"))
        {
            Assert.Equal(new Point(1, 2), Assert.Single(RowMapping<Point>.Instance.Read(result)));
        }

        using var wrong = connection.Query("SELECT 1::BIGINT AS x");
        Assert.Contains("Column y is never null", Assert.Throws<TarnException>(() => RowMapping<Point>.Instance.Read(wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_of_another_type_is_named_with_the_cast_that_mends_it()
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        using var result = connection.Query("SELECT 1::INTEGER AS x, 2::DOUBLE AS y");
        var error = Assert.Throws<TarnException>(() => RowMapping<Point>.Instance.Read(result));
        Assert.Equal("Cast it to BIGINT.", error.Remedy);
    }

    [Fact]
    public void Null_where_no_null_may_be_is_refused_and_named()
    {
        using var database = DuckDbDatabase.Open();
        using var connection = database.Connect();
        var error = Assert.Throws<TarnException>(() => RowMapping<Named>.Instance.Load(connection, "named", [new Named("a"), new Named(null!)]));
        Assert.Contains("Column name is never null", error.Message, StringComparison.Ordinal);
        Assert.Equal("row 1", error.Value);
    }

    [Fact]
    public void A_type_that_cannot_be_a_row_is_refused_with_the_property()
    {
        var error = Assert.Throws<TarnException>(() => RowMapping<WithUri>.Instance);
        Assert.Contains("WithUri.Link is Uri", error.Message, StringComparison.Ordinal);
        Assert.Throws<TarnException>(() => RowMapping<NoProperties>.Instance);
        Assert.Throws<TarnException>(() => RowMapping<TwoOfOneName>.Instance);
    }

    [Theory]
    [InlineData("Id", "id")]
    [InlineData("DepthKm", "depth_km")]
    [InlineData("URLText", "url_text")]
    [InlineData("Id2", "id2")]
    [InlineData("MagType", "mag_type")]
    [InlineData("Already_Snake", "already_snake")]
    [InlineData("X", "x")]
    public void Property_names_become_snake_case(string property, string column) => Assert.Equal(column, SnakeCase.From(property));

    private static Everything Row(int i) => new(
        Id: new string('x', i % 20) + "é" + i, Flag: i % 2 == 0, MaybeFlag: i % 3 == 0 ? null : i % 2 == 1, Tiny: (sbyte)((i % 256) - 128), Small: (short)(i - 5000),
        DepthKm: i % 4 == 0 ? null : -i, Count: i == 0 ? long.MinValue : i == 1 ? long.MaxValue : i, MaybeCount: i % 5 == 0 ? null : i * 1_000_000_007L)
    {
        Single = i == 3 ? float.NaN : i / 3f,
        Gap = i switch { 0 => double.NaN, 1 => double.NegativeInfinity, 2 => null, 3 => double.Epsilon, 4 => -0.0, _ => Math.Sqrt(i) },
        Amount = i % 7 == 0 ? null : (i - 5000) * 1.000000000000000001m,
        Price = i - 0.01m,
        Day = i == 0 ? DateOnly.MinValue : i == 1 ? DateOnly.MaxValue : new DateOnly(1969, 12, 25).AddDays(i),
        MaybeDay = i % 2 == 0 ? null : new DateOnly(2026, 11, 22),
        Time = i == 0 ? DateTimeOffset.MinValue : Noon.AddMinutes(-i * 100_003L),
        MaybeTime = i % 6 == 0 ? null : Noon.AddTicks(i * 10),
        WallClock = new DateTime(2026, 3, 29, 2, 30, 0).AddSeconds(i),
        Raw = i % 3 == 0 ? null : [.. Enumerable.Range(0, i % 40).Select(static b => (byte)(b * 7))],
        Note = i % 8 == 0 ? null : i % 8 == 1 ? "" : new string('日', i % 30),
        Uuid = new Guid(i, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        Kind = (Kind)(i % 3),
        MaybeKind = i % 3 == 0 ? null : Kind.QuarryBlast,
        Renamed = i,
    };

    private static object Comparable(Everything row) => (row with { Raw = null, Time = row.Time.ToUniversalTime() }, Convert.ToHexString(row.Raw ?? [0xFF, 0xFF, 0xFF, 0xFF]));

    internal enum Kind
    {
        Earthquake,
        QuarryBlast,
        Ice_Quake,
    }

    [Describe("A row of every type.")]
    internal sealed record Everything(string Id, bool Flag, bool? MaybeFlag, sbyte Tiny, short Small, [property: Describe("Depth below the surface, in kilometres.")] int? DepthKm, long Count, long? MaybeCount)
    {
        public float Single { get; init; }

        public double? Gap { get; init; }

        public decimal? Amount { get; init; }

        [DecimalDigits(9, 2)]
        public decimal Price { get; init; }

        public DateOnly Day { get; set; }

        public DateOnly? MaybeDay { get; set; }

        public required DateTimeOffset Time { get; init; }

        public DateTimeOffset? MaybeTime { get; init; }

        public DateTime WallClock { get; init; }

        public byte[]? Raw { get; init; }

        public string? Note { get; init; }

        public Guid Uuid { get; init; }

        public Kind Kind { get; init; }

        public Kind? MaybeKind { get; init; }

        [ColumnName("renamed_here")]
        public long Renamed { get; init; }

        public string Computed => Id + Note;
    }

    internal readonly record struct Point(long X, double Y)
    {
        public double? Z { get; init; }
    }

    internal sealed record Named(string Name);

    internal sealed record WithUri(Uri Link);

    internal sealed class NoProperties;

    internal sealed record TwoOfOneName(int AbC, [property: ColumnName("ab_c")] int Other);
}
