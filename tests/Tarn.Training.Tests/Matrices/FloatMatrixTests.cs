using Tarn.Core;
using Xunit;

namespace Tarn.Training.Tests;

public sealed class FloatMatrixTests
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void What_is_not_finite_is_named_by_row_and_column(float value)
    {
        var matrix = new FloatMatrix(3, 100) { [2, 71] = value };
        var error = Assert.Throws<TarnException>(() => matrix.CheckFinite("feature", ["a.jpg", "b.jpg", "c.jpg"]));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.StartsWith("row 2 (c.jpg), column 71:", error.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_selected_in_the_order_asked_for()
    {
        var matrix = new FloatMatrix(3, 2, [1, 2, 3, 4, 5, 6]);
        Assert.Equal([5f, 6, 1, 2, 5, 6], matrix.Select([2, 0, 2]).Data);
    }

    [Fact]
    public void A_length_that_does_not_fit_is_refused()
    {
        Assert.Throws<TarnException>(() => new FloatMatrix(2, 3, new float[5]));
        Assert.Throws<TarnException>(() => new FloatMatrix(1_000_000, 1_000_000));
    }
}
