using System.Globalization;

namespace Tarn.Serving.Tests;

/// <summary>How long random tests go on: <c>TARN_FUZZ</c> says a number for a campaign.</summary>
internal static class Fuzz
{
    public static int Count(int usual) => int.TryParse(Environment.GetEnvironmentVariable("TARN_FUZZ"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var count) ? count : usual;
}
