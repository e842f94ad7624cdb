using Quakes.Catalogue;
using Quakes.Usgs;

namespace Quakes.Ingestion;

/// <summary>A deletion often comes without the values that it withdraws; the tombstone keeps them, so that one can see what was withdrawn.</summary>
internal static class Deletion
{
    public static Earthquake Fill(Earthquake deletion, Earthquake withdrawn, WithheldValues withheld) => deletion with
    {
        Time = withheld.HasFlag(WithheldValues.Time) ? withdrawn.Time : deletion.Time,
        Longitude = withheld.HasFlag(WithheldValues.Position) ? withdrawn.Longitude : deletion.Longitude,
        Latitude = withheld.HasFlag(WithheldValues.Position) ? withdrawn.Latitude : deletion.Latitude,
        DepthKm = deletion.DepthKm ?? withdrawn.DepthKm,
        Mag = deletion.Mag ?? withdrawn.Mag,
        MagType = deletion.MagType ?? withdrawn.MagType,
        Place = deletion.Place ?? withdrawn.Place,
        EventType = deletion.EventType ?? withdrawn.EventType,
        Tsunami = deletion.Tsunami ?? withdrawn.Tsunami,
        Sig = deletion.Sig ?? withdrawn.Sig,
        Net = deletion.Net ?? withdrawn.Net,
        Code = deletion.Code ?? withdrawn.Code,
        Ids = deletion.Ids ?? withdrawn.Ids,
        Sources = deletion.Sources ?? withdrawn.Sources,
        Types = deletion.Types ?? withdrawn.Types,
        Nst = deletion.Nst ?? withdrawn.Nst,
        Dmin = deletion.Dmin ?? withdrawn.Dmin,
        Rms = deletion.Rms ?? withdrawn.Rms,
        Gap = deletion.Gap ?? withdrawn.Gap,
        Felt = deletion.Felt ?? withdrawn.Felt,
        Cdi = deletion.Cdi ?? withdrawn.Cdi,
        Mmi = deletion.Mmi ?? withdrawn.Mmi,
        Alert = deletion.Alert ?? withdrawn.Alert,
        Url = deletion.Url ?? withdrawn.Url,
        Detail = deletion.Detail ?? withdrawn.Detail,
        Title = deletion.Title ?? withdrawn.Title,
    };
}
