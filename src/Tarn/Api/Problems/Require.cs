using System.Globalization;
using System.Numerics;
using Tarn.Core;

namespace Tarn;

/// <summary>Rules of requests' parameters.</summary>
internal static class Require
{
    public static T Range<T>(string name, T value, T least, T most)
        where T : INumber<T> => value >= least && value <= most
        ? value
        : throw TarnException.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"{name} is {least} to {most}."), string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));

    public static T AtLeast<T>(string name, T value, T least)
        where T : INumber<T> => value >= least
        ? value
        : throw TarnException.InvalidInput(string.Create(CultureInfo.InvariantCulture, $"{name} is at least {least}."), string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));
}
