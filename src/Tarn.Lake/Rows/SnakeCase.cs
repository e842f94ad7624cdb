using System.Text;

namespace Tarn.Lake;

/// <summary>Property names to column names: <c>DepthKm</c> → <c>depth_km</c>, <c>URLText</c> → <c>url_text</c>, <c>Id2</c> → <c>id2</c>.</summary>
internal static class SnakeCase
{
    internal static string From(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = char.IsUpper(name[i]) && i > 0 && name[i - 1] != '_'
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (startsWord)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
