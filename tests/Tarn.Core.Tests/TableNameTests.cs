using Xunit;

namespace Tarn.Core.Tests;

public sealed class TableNameTests
{
    [Theory]
    [InlineData("silver.earthquakes", "silver", "earthquakes")]
    [InlineData("a.b_2", "a", "b_2")]
    public void Reads_a_layer_and_a_name(string text, string layer, string name)
    {
        var parsed = TableName.Parse(text);
        Assert.Equal((layer, name), (parsed.Layer, parsed.Name));
        Assert.Equal(text, parsed.ToString());
    }

    [Theory]
    [InlineData("earthquakes")]
    [InlineData("Silver.earthquakes")]
    [InlineData("silver.")]
    [InlineData(".earthquakes")]
    [InlineData("silver.earth.quakes")]
    [InlineData("silver.../etc")]
    public void Refuses_another_form_and_names_the_value(string text)
    {
        var error = Assert.Throws<TarnException>(() => TableName.Parse(text));
        Assert.Equal(ErrorKind.InvalidInput, error.Kind);
        Assert.Equal(text, error.Value);
    }
}
