using System.Globalization;
using System.Text;

namespace Quakes.Usgs;

/// <summary>A query of the FDSN event service, before it is cut into windows and pages. Null leaves a parameter out.</summary>
/// <param name="Start">Events that happened at or after.</param>
/// <param name="End">Events that happened at or before.</param>
/// <param name="UpdatedAfter">Events changed after.</param>
internal sealed record FdsnQuery(DateTimeOffset Start, DateTimeOffset? End, DateTimeOffset? UpdatedAfter)
{
    public string ToPage(int limit, int offset) => string.Create(
        CultureInfo.InvariantCulture,
        $"/fdsnws/event/1/query?format=geojson&orderby=time-asc&includedeleted=true{Window()}&limit={limit}&offset={offset}");

    public string ToCount() => $"/fdsnws/event/1/count?format=geojson&includedeleted=true{Window()}";

    private string Window()
    {
        var text = new StringBuilder("&starttime=").Append(EventTime.ToQuery(Start));
        if (End is { } end)
        {
            text.Append("&endtime=").Append(EventTime.ToQuery(end));
        }

        if (UpdatedAfter is { } updated)
        {
            text.Append("&updatedafter=").Append(EventTime.ToQuery(updated));
        }

        return text.ToString();
    }
}
