namespace Tarn.Lake;

/// <summary>Gives a property's column another name than the property's own in snake_case.</summary>
/// <param name="name">The column's name.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ColumnNameAttribute(string name) : Attribute
{
    /// <summary>The column's name.</summary>
    public string Name { get; } = name;
}

/// <summary>Says what a column or a table means, with its unit, for the console and the catalogue.</summary>
/// <param name="text">One sentence.</param>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class DescribeAttribute(string text) : Attribute
{
    /// <summary>The sentence.</summary>
    public string Text { get; } = text;
}

/// <summary>How many digits a <see cref="decimal"/> column keeps; without it, decimal(38,18).</summary>
/// <param name="precision">All digits, 1 to 38.</param>
/// <param name="scale">Those after the point, 0 to <paramref name="precision"/>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DecimalDigitsAttribute(int precision, int scale) : Attribute
{
    /// <summary>All digits.</summary>
    public int Precision { get; } = precision;

    /// <summary>The digits after the point.</summary>
    public int Scale { get; } = scale;
}
