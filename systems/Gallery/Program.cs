using Quakes;
using Tarn;

var tarn = TarnApp.CreateBuilder(args);
tarn.AddQuakes();
return await tarn.Build().RunAsync();
